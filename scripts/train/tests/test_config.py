"""Of configurations that extend one another."""
import tempfile
import unittest
from pathlib import Path

from config import read_config


class ReadConfig(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def write(self, name: str, text: str) -> Path:
        (self.folder / name).write_text(text)
        return self.folder / name

    def test_says_only_what_differs(self) -> None:
        self.write("base.toml", 'name = "a"\nseed = 7\n[network]\nstem = [8, 32]\nneck = 64\n[network.deep]\nx = 1\ny = 2\n')
        path = self.write("wide.toml", 'extends = "base.toml"\nname = "b"\n[network]\nstem = [16]\ndeep = { y = 3 }\n[more]\nz = 4\n')
        self.assertEqual(read_config(path), {
            "name": "b", "seed": 7, "network": {"stem": [16], "neck": 64, "deep": {"x": 1, "y": 3}}, "more": {"z": 4},
        })

    def test_other_files_are_named(self) -> None:
        cases = (
            ("a.toml", "name = ", "a.toml: cannot be read as a configuration"),
            ("a.toml", 'extends = "none.toml"', "none.toml: cannot be read as a configuration"),
            ("a.toml", "extends = 5", "a.toml: extends is 5"),
            ("a.toml", 'extends = "a.toml"', "a.toml: extends itself"),
        )
        for name, text, why in cases:
            with self.subTest(text), self.assertRaisesRegex(SystemExit, why):
                read_config(self.write(name, text))
        self.write("b.toml", 'extends = "c.toml"')
        with self.assertRaisesRegex(SystemExit, "b.toml: extends itself; .* b.toml, c.toml"):
            read_config(self.write("c.toml", 'extends = "b.toml"').with_name("b.toml"))


if __name__ == "__main__":
    unittest.main()
