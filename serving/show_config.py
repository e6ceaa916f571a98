"""``phiz serve --show-config``: every setting, and where it comes from."""

from collections.abc import Sequence

from pydantic_settings import CliSettingsSource, EnvSettingsSource

from serving.settings import Settings


def show_config(settings: Settings, argv: Sequence[str]) -> str:
    """A line a setting: name, value, and "flag", the environment variable, or "default".

    Nothing that is shown is secret: keys stand in files, which settings only name.

    Args:
        settings: what was read.
        argv: the flags that it was read from.
    """
    flags = CliSettingsSource[Settings](Settings, cli_parse_args=list(argv))()
    environment = EnvSettingsSource(Settings)()

    def source(name: str) -> str:
        if name in flags:
            return "flag"
        return f"PHIZ_{name.upper()}" if name in environment else "default"

    values = {name: str(value) for name, value in settings if name != "show_config"}
    name_width, value_width = (max(map(len, words)) for words in (values, values.values()))
    return "\n".join(f"{name:{name_width}}  {value:{value_width}}  {source(name)}" for name, value in values.items())
