"""What docs/adapting.md says, as edits: each is one place."""

from tests.adapting.tree import Edit, after, before, cut

MEMBER = [
    after("petstore/limits.py", "BREED_LENGTH = 50", "COLOR_LENGTH = 30"),
    after("petstore/models.py", "    BREED_LENGTH,", "    COLOR_LENGTH,"),
    after(
        "petstore/models.py",
        "    breed: Annotated[Line, Field(min_length=1, max_length=BREED_LENGTH), _VISIBLE] | None = None",
        "    color: Annotated[Line, Field(min_length=1, max_length=COLOR_LENGTH), _VISIBLE] | None = None",
    ),
    Edit("petstore/pet.py", '"breed", "description"', '"breed", "color", "description"'),
    after("petstore/pet.py", "    breed: str | None = None", "    color: str | None = None"),
    after("importer/table.py", '    "breed",', '    "color",'),
    after(
        "openapi/schemas.py",
        '    "breed": "Its breed; null where it has none, or nobody knows.",',
        '    "color": "The color.",',
    ),
    Edit(
        "tests/api/test_pets.py",
        '        **PET,\n        "breed": None,\n',
        '        **PET,\n        "breed": None,\n        "color": None,\n',
    ),
    after(
        "docs/api.md",
        "| `breed` | one line of 1 to 50 characters, or null |",
        "| `color` | one line of 1 to 30 characters, or null |",
    ),
]

FILTER = [
    before(
        "petstore/limits.py",
        '    "tag": TextFilter("tag", TAG_LENGTH),',
        '    "breed": TextFilter("breed", BREED_LENGTH),',
    ),
    after(
        "petstore/repository/port.py",
        "    owner_id: str | None = None",
        "    breed: str | None = None",
    ),
    after(
        "petstore/repository/documents.py",
        '    "species_key": lambda pet: search_key(pet.species),',
        '    "breed_key": lambda pet: search_key(pet.breed or ""),',
    ),
    Edit(
        "petstore/repository/sqlite/schema.py",
        "STEPS = (_FIRST_TABLES + _DOCUMENTS, _FILTERS, _ORDERS, _QUOTAS)\n",
        '_BREEDS = """\n'
        "ALTER TABLE pets ADD COLUMN breed_key TEXT NOT NULL DEFAULT '';\n"
        "UPDATE pets SET breed_key = lower(coalesce(document ->> '$.breed', ''))\n"
        "    WHERE json_valid(document);\n"
        "CREATE INDEX pets_by_breed ON pets (breed_key, id);\n"
        '"""\n\n'
        "STEPS = (_FIRST_TABLES + _DOCUMENTS, _FILTERS, _ORDERS, _QUOTAS, _BREEDS)\n",
    ),
    before(
        "petstore/repository/sqlite/pets.py",
        '    "species": "species_key = :species",',
        '    "breed": "breed_key = :breed",',
    ),
    before(
        "petstore/repository/sqlite/pets.py",
        '    "species": "pets INDEXED BY pets_by_species",',
        '    "breed": "pets INDEXED BY pets_by_breed",',
    ),
    after(
        "petstore/repository/cosmos/pets.py",
        '    "species": "c.species_key = @species",',
        '    "breed": "c.breed_key = @breed",',
    ),
    after("infra/modules/cosmos.bicep", "      '/species_key/?'", "      '/breed_key/?'"),
    after(
        "openapi/components.py",
        '    "species": "Return only pets of this species; ignores case.",',
        '    "breed": "Return only pets of this breed; ignores case.",',
    ),
    after("docs/api.md", "| `species` | the whole species |", "| `breed` | the whole breed |"),
]

ROUTE = [
    Edit(
        "function_app.py",
        '@app.route("me/pets", methods=["GET", "HEAD"])\n',
        '@app.route("pets/{pet_id}/tags", methods=["GET", "HEAD"])\n'
        "@endpoint\n"
        "async def list_tags(req: func.HttpRequest) -> func.HttpResponse:\n"
        '    """List the tags of a pet."""\n'
        "    stored = await wiring.pets().get(read_pet_id(req))\n"
        "    return json_answer(stored.value.tags)\n\n\n"
        '@app.route("me/pets", methods=["GET", "HEAD"])\n',
    ),
    before(
        "openapi/operations.py",
        '    "list_my_pets": Details(',
        '    "list_tags": Details(',
        '        "Public. In the order in which they were given.",',
        '        Success(200, "The tags.", "Tags", ["soft"], ("Cache-Control",)),',
        '        parameters=("pet_id",),',
        "        refusals=(404,),",
        "    ),",
    ),
    after(
        "openapi/schemas.py",
        '        "PetPage": _page("Pet", "pets"),',
        '        "Tags": pet["properties"]["tags"],',
    ),
    before(
        "tests/architecture/test_inventory.py",
        '    "list_pets": ("pets", {"GET", "HEAD"}),',
        '    "list_tags": ("pets/{pet_id}/tags", {"GET", "HEAD"}),',
    ),
    before(
        "docs/api.md",
        "| `GET` | `/me/pets` | returns a page of the caller's own pets, with the same parameters |",
        "| `GET` | `/pets/{pet_id}/tags` | returns the tags of a pet |",
    ),
]

STORE = [
    before(
        "petstore/wiring.py",
        "    if settings.cosmos is None:",
        '    if str(settings.sqlite_path) == ":memory:":',
        "        from petstore.repository.memory import MemoryStore",
        "",
        "        return MemoryStore()",
    ),
    Edit(
        "tests/contract/conftest.py",
        '@pytest.fixture(params=["sqlite", *_ON_COSMOS, *_CACHED])',
        '@pytest.fixture(params=["memory", "sqlite", *_ON_COSMOS, *_CACHED])',
    ),
    before(
        "tests/contract/conftest.py",
        '    if request.param == "sqlite":',
        '    if request.param == "memory":',
        "        yield MemoryStore()",
        "        return",
    ),
    before(
        "tests/contract/conftest.py",
        "from petstore.repository.port import Store",
        "from petstore.repository.memory import MemoryStore",
    ),
    Edit(
        "docs/architecture.md",
        "petstore.repository.cosmos | petstore.repository.sqlite\n",
        "petstore.repository.cosmos | petstore.repository.memory | petstore.repository.sqlite\n",
    ),
    Edit(
        "pyproject.toml",
        '    "petstore.repository.cosmos | petstore.repository.sqlite",',
        '    "petstore.repository.cosmos | petstore.repository.memory | petstore.repository.sqlite",',
    ),
]

_DRAWN = "docs/architecture.md"
IMPORTER_FILES = [
    *("importer", "tests/importer", "samples", "tests/e2e/test_import.py"),
    *("benchmarks/importing.py", "tests/architecture/test_line_ends.py"),
]
WITHOUT_IMPORTER = [
    cut("Makefile", "import: export FILE", "token-is-hidden:"),
    Edit("Makefile", "import smoke: export", "smoke: export"),
    Edit("pyproject.toml", '"importer/**" = ["T201"] # a program that prints\n', ""),
    Edit("pyproject.toml", '"devhost", "importer", "tests"', '"devhost", "tests"'),
    Edit(
        "pyproject.toml",
        '["costs", "petstore", "openapi", "devhost", "importer"]',
        '["costs", "petstore", "openapi", "devhost"]',
    ),
    Edit("pyproject.toml", '["petstore", "devhost", "importer"]', '["petstore", "devhost"]'),
    Edit(
        "pyproject.toml",
        '[[tool.importlinter.contracts]]\nname = "The importer is a client like any other"\n'
        'type = "forbidden"\nsource_modules = ["importer"]\n'
        'forbidden_modules = ["petstore", "devhost", "function_app"]\n',
        "",
    ),
    cut("tests/architecture/test_imports.py", '        ("importer/rows.py"', "    ],"),
    Edit("scripts/events.py", "from importer.shown", "from shown"),
    Edit(
        _DRAWN,
        "- **The importer is a client like any other**: it imports neither `petstore` nor"
        " `devhost`.\n",
        "",
    ),
    cut("docs/local.md", "## Import a file", "## Azure Functions Core Tools"),
]

MAIL_FILES = [
    *("petstore/announcements.py", "petstore/backlog.py", "petstore/mail.py"),
    *("petstore/mail_caps.py", "petstore/mail_headers.py", "petstore/mail_text.py"),
    *("petstore/messages.py", "petstore/notices.py", "petstore/notifications.py"),
    *("petstore/relay.py", "petstore/steps.py", "petstore/turns.py", "scripts/events.py"),
    *("tests/unit/test_mail.py", "tests/contract/test_notifications.py"),
    *("tests/contract/test_order_mails.py", "tests/contract/telling.py"),
    *("tests/contract/test_announcing.py", "tests/e2e/test_mails.py", "tests/e2e/test_crashes.py"),
    *("tests/e2e/test_mail_server.py", "tests/mail_server.py", "tests/proof/test_mail_parsers.py"),
]
_LAYERS = [
    "petstore.orders | petstore.pets | petstore.relay | petstore.notifications | petstore.backlog",
    "petstore.changes",
    (
        "petstore.announcements | petstore.idempotency | petstore.mail | petstore.mail_caps"
        " | petstore.mail_text | petstore.messages | petstore.steps | petstore.turns"
    ),
    "petstore.notices",
    "petstore.mail_headers",
]
_LAYERS_WITHOUT_MAILS = [
    "petstore.orders | petstore.pets",
    "petstore.changes",
    "petstore.idempotency",
]
WITHOUT_MAILS = [
    cut("function_app.py", "\n\n# Where storage is missing"),
    cut("petstore/pets.py", "        await announce(", "        return await"),
    cut("petstore/orders.py", "        kind = ORDER_KINDS", "\n    def _build("),
    cut("petstore/wiring.py", "    @property\n    def background", "    def pets("),
    cut("petstore/wiring.py", "    def relay(", "    async def caller("),
    cut("petstore/wiring.py", "            if self.background is None:", "        except Conf"),
    cut("petstore/wiring.py", "_NO_QUEUE =", "\n_log"),
    cut("Makefile", "mail: export MAIL_PORT", "# A token goes"),
    Edit(
        "pyproject.toml",
        "".join(f'    "{layer}",\n' for layer in _LAYERS),
        "".join(f'    "{layer}",\n' for layer in _LAYERS_WITHOUT_MAILS),
    ),
    cut(
        "pyproject.toml",
        '    "petstore.announcements", "petstore',
        '    "petstore.changes", "petst',
    ),
    Edit(
        _DRAWN,
        "".join(f"{layer}\n" for layer in _LAYERS),
        "".join(f"{layer}\n" for layer in _LAYERS_WITHOUT_MAILS),
    ),
    cut("tests/architecture/test_inventory.py", "_BACKGROUND = {", "def test_no_function_key"),
    cut(
        "tests/architecture/test_imports.py",
        '        ("petstore/mail.py"',
        '        ("importer/rows.py"',
    ),
]
