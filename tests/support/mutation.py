"""One safety check of the program, and where it stands.

A check is found by its own text, wherever below src it stands and however it is broken into lines:
code may move and be formatted anew. Only where the same text stands in several files is one named.
"""
import dataclasses
import re


@dataclasses.dataclass(frozen=True, init=False)
class Mutation:
    """`Mutation(name, [file,] text, instead, test[, needs])`."""
    name: str
    file: str
    text: str
    instead: str
    test: str
    needs: str = ''

    def __init__(self, name, *rest):
        file, rest = (rest[0], rest[1:]) if rest[0].startswith('src/') else ('', rest)
        fields = [field.name for field in dataclasses.fields(self)]
        for field, value in zip(fields, (name, file, *rest)):
            object.__setattr__(self, field, value)


class Sources:
    """The program's source files, as they are now."""

    def __init__(self, checkout):
        self._texts = {str(path.relative_to(checkout)): path.read_text()
                       for path in sorted((checkout / 'src').rglob('*'))
                       if path.suffix in ('.cpp', '.h')}
        self._squeezed = {name: _squeezed(text) for name, text in self._texts.items()}

    def find(self, mutation):
        """The places of the check: (file, text of the file without it). One, where all is well."""
        wanted = _squeezed(mutation.text)
        places = [name for name, text in self._squeezed.items() for _ in range(text.count(wanted))]
        if len(places) > 1 and mutation.file:
            places = [name for name in places if name == mutation.file]
        return [(name, self._without(name, wanted, mutation)) for name in places]

    def _without(self, name, wanted, mutation):
        text = self._texts[name]
        at = [place for place, char in enumerate(text) if not char.isspace()]
        first = self._squeezed[name].index(wanted)
        return text[:at[first]] + mutation.instead.strip() + text[at[first + len(wanted) - 1] + 1:]


def _squeezed(text):
    return re.sub(r'\s', '', text)
