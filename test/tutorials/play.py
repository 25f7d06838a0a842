"""
play.py <document> <title>... [-- <call>]

Runs the document's code below these titles as one program, after the words of TUTORIAL_WORDS, which
a tutorial tells its reader to replace, were replaced; then evaluates the call, if one is given.
"""

import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "packages"), str(HERE)]
from extract import sections  # noqa: E402

document, *words = sys.argv[1:]
call = words[words.index("--") + 1] if "--" in words else None
titles = words[: words.index("--")] if "--" in words else words
found = sections(Path(document).read_text(encoding="utf8"))
missing = [title for title in titles if not any(name.startswith(title) for name in found)]
if missing:
    sys.exit(f"no code under {missing}; there is some under {list(found)}")
code = "\n".join(text for name, text in found.items() if name.startswith(tuple(titles)))
for word, replacement in json.loads(os.environ.get("TUTORIAL_WORDS", "{}")).items():
    code = code.replace(word, replacement)

program = {"__name__": "__main__" if call is None else "tutorial"}
exec(compile(code, document, "exec"), program)
if call is not None:
    print(json.dumps(eval(call, program), default=vars))
