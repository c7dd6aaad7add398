"""BERT's uncased WordPiece: what the gateway's tokenizer is compared with."""
import unicodedata

# A longer word is unknown as a whole.
LONGEST_WORD = 100
# Chinese characters stand alone, as punctuation does.
ALONE = [(0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0xF900, 0xFAFF), (0x20000, 0x2CEAF), (0x2F800, 0x2FA1F)]
# ASCII signs that Unicode does not count as punctuation stand alone too.
SIGNS = [(33, 47), (58, 64), (91, 96), (123, 126)]


def words(text):
    """The words and signs of a text: lower case, without combining marks and control characters."""
    found, current = [], []

    def end():
        if current:
            found.append("".join(current))
            current.clear()

    for letter in unicodedata.normalize("NFD", text.lower()):
        code, kind = ord(letter), unicodedata.category(letter)
        if code == 0xFFFD or kind == "Mn" or (kind[0] == "C" and letter not in "\t\n\r"):
            continue
        if letter.isspace():
            end()
        elif kind[0] == "P" or any(first <= code <= last for first, last in SIGNS + ALONE):
            end()
            found.append(letter)
        else:
            current.append(letter)
    end()
    return found


class WordPiece:
    """Splits texts into the pieces of a vocabulary, given in the order of ids."""

    def __init__(self, vocabulary):
        self.ids = {piece: number for number, piece in enumerate(vocabulary)}

    def encode(self, text):
        """The ids of a text, without [CLS] and [SEP]."""
        return [number for word in words(text) for number in self._word(word)]

    def _word(self, word):
        """Always the longest piece that fits; a word that cannot be split is one unknown piece."""
        start, found = 0, []
        while start < len(word) <= LONGEST_WORD:
            ends = range(len(word), start, -1)
            fits = (self.ids.get(("##" if start else "") + word[start:end]) for end in ends)
            end, number = next(((end, number) for end, number in zip(ends, fits) if number is not None), (0, None))
            if number is None:
                return [self.ids["[UNK]"]]
            found.append(number)
            start = end
        return found or [self.ids["[UNK]"]]
