"""Pages for people, made of the same answers as JSON: no script, nothing from elsewhere, everything of a record escaped.

`forms` chooses between JSON and a page, `making` fills templates, `words` has the values in words, and `paper` is the
layout of pages that are printed: `templates/paper.html`, to be extended, with the question and the state of the data in its foot.
"""
