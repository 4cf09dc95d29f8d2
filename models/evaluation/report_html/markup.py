"""HTML and SVG elements as text, escaped by construction: what is not Markup is escaped when it becomes a child."""

import html
import os

VOID = {"img", "input", "link", "meta", "br"}
SHAPES = {"circle", "line", "path", "polyline", "rect"}
HERE = os.path.dirname(os.path.abspath(__file__))


class Markup(str):
    """Text that is markup already."""


def flat(children):
    for child in children:
        if isinstance(child, (list, tuple)):
            yield from flat(child)
        elif child is not None:
            yield child if isinstance(child, Markup) else html.escape(str(child), quote=False)


def element(name, /, *children, **attributes):
    """<name ...>children</name>. Lists of children are flattened, None is left out. `class_` is class, `data_x` is
    data-x; True makes an attribute without value, None and False leave it out."""
    text = f"<{name}"
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")
        text += f" {key}" if value is True else f' {key}="{html.escape(str(value))}"'
    if name in VOID:
        return Markup(text + ">")
    if name in SHAPES and not children:
        return Markup(text + "/>")
    return Markup(f"{text}>{''.join(flat(children))}</{name}>")


def join(*children):
    return Markup("".join(flat(children)))


def source(name):
    """A file of this folder."""
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def page(title, body, styles, scripts):
    """A whole document that needs no other file but pictures: styles and scripts are put into it. `body` is Markup."""
    return (
        "<!doctype html>\n"
        + element(
            "html",
            element(
                "head",
                element("meta", charset="utf-8"),
                element("title", title),
                element("meta", name="viewport", content="width=device-width, initial-scale=1"),
                element("meta", name="color-scheme", content="light dark"),
                element("link", rel="icon", href="data:,"),
                element("style", Markup("\n".join(styles))),
            ),
            "\n",
            element("body", body, [element("script", Markup(script), type="module") for script in scripts]),
            lang="en",
        )
        + "\n"
    )
