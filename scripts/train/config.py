"""The configuration of a run, a TOML file. `extends` names another one beside it, of which it says only what differs:
its tables are merged key by key, all other values replace those of the other file.
"""
import tomllib
from pathlib import Path


def read_config(path: Path, above: tuple[Path, ...] = ()) -> dict:
    """Raises SystemExit, which names the file, where it is none, or one that extends itself. `above`: files that led here."""
    if path.resolve() in above:
        raise SystemExit(f"{path}: extends itself; take the `extends` out of one of {', '.join(file.name for file in above)}")
    try:
        said = tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise SystemExit(f"{path}: cannot be read as a configuration ({error})") from error
    base = said.pop("extends", None)
    if base is None:
        return said
    if not isinstance(base, str):
        raise SystemExit(f"{path}: extends is {base!r}; it is the name of a file beside this one")
    return merged(read_config(path.parent / base, (*above, path.resolve())), said)


def merged(base: dict, said: dict) -> dict:
    both = {key: merged(base[key], said[key]) for key in said if isinstance(base.get(key), dict) and isinstance(said[key], dict)}
    return {**base, **said, **both}
