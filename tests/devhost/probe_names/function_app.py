import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


def add(name, route):
    @app.function_name(name)
    @app.route(route)
    def f(req: func.HttpRequest) -> str:
        return name


for i, n in enumerate(
    [
        "plain",
        "_hidden",
        "1abc",
        "a.b",
        "my func",
        "größe",
        "host",
        "Hosts",
        "a-b_C9",
        "n" * 127,
        "m" * 128,
        "k" * 129,
        "x__y",
    ]
):
    add(n, f"r{i}")
