metadata description = 'Rules for names.'

var allowed = 'abcdefghijklmnopqrstuvwxyz0123456789'

func characters(text string) string[] => map(range(0, length(text)), i => substring(text, i, 1))

@export()
@description('Whether a text fits every name: 2 to 8 letters and digits.')
func isName(text string) bool =>
  length(text) >= 2 && length(text) <= 8 && empty(filter(
    characters(toLower(text)),
    character => !contains(allowed, character)
  ))
