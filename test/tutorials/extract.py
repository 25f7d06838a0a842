"""Finds the Python in a tutorial's text: the longest runs of lines that Python can parse."""

import ast
import re

STARTS = re.compile(r"(import|from|class|def|async def) \w")
ENDS = re.compile(r"(Step \d+:|Implementation$|Complete Working Example|Common Errors|Error: )")


def sections(text):
    """Title to code, for each heading with code below it; a title that comes twice keeps its last."""
    lines = [line.rstrip() for line in text.splitlines()]
    restore = (lambda part: part) if any(line.startswith("    ") for line in lines) else indent
    found, title, at = {}, "Introduction", 0
    while at < len(lines):
        if ENDS.match(lines[at]):
            title = lines[at]
        if STARTS.match(lines[at]):
            end = next((n for n in range(at + 1, len(lines)) if ENDS.match(lines[n])), len(lines))
            code, length = longest(lines[at:end], restore)
            if length > 1:
                found[title] = found[title] + "\n" + code if title in found else code
                at += length
                continue
        at += 1
    return found


def longest(lines, restore):
    for length in range(len(lines), 0, -1):
        code = "\n".join(restore(lines[:length]))
        if parses(code):
            return code, length
    return "", 0


def parses(code):
    try:
        ast.parse(code)
    except (SyntaxError, ValueError):
        return False
    return True


WORD = re.compile(r"(?:async )?(\w*)")
OPENERS = {"def", "class", "if", "elif", "else", "for", "while", "try", "except", "finally", "with"}
FOLLOWS = {"elif": {"if", "elif"}, "else": {"if", "elif", "for", "while", "except"},
           "except": {"try", "except"}, "finally": {"try", "except", "else"}}
LEAVES = {"return", "raise", "continue", "break", "pass"}
AT_TOP = re.compile(r"(def |async def |class |@|if __name__|import |from \w+(\.\w+)* import )")
NOT_CODE = re.compile(r'""".*?"""|"(\\.|[^"\\\n])*"|\'(\\.|[^\'\\\n])*\'|#[^\n]*', re.S)


def indent(lines):
    """
    Gives a text back the indentation that it lost. A block ends before a word that can only continue
    an outer one, and after a statement that leaves it; a function's last statement, when it leaves
    the function, stands in the function itself.
    """
    result, stack, left = [], [], []
    for number, statement in statements(lines):
        first = statement[0].strip()
        word = WORD.match(first).group(1)
        if first.startswith("#"):
            result.append(first)
            continue
        if AT_TOP.match(first):
            stack = []
        elif word in FOLLOWS:
            stack = before_continued([*stack, *left], FOLLOWS[word])
        elif word in LEAVES and first != "raise" and ends_function(lines[number + len(statement):]):
            stack = stack[:1]
        left = []
        result += ["    " * len(stack) + line for line in statement]
        if word in OPENERS and NOT_CODE.sub("", statement[-1]).rstrip().endswith(":"):
            stack = [*stack, word]
        elif word in LEAVES and len(stack) > 1:
            stack, left = stack[:-1], stack[-1:]
    return result


def statements(lines):
    """Each statement with the number of its first line: until its brackets and quotes are closed."""
    at = 0
    while at < len(lines):
        end = at + 1
        while end < len(lines) and is_open("\n".join(lines[at:end])):
            end += 1
        yield at, lines[at:end]
        at = end


def is_open(text):
    bare = NOT_CODE.sub("", text)
    return '"""' in bare or sum(map(bare.count, "([{")) > sum(map(bare.count, ")]}"))


def before_continued(stack, heads):
    """The blocks around the innermost that such a word continues."""
    depth = next((n for n in range(len(stack) - 1, -1, -1) if stack[n] in heads), len(stack))
    return stack[:depth]


def ends_function(rest):
    code = next((line for line in rest if line.strip() and not line.startswith("#")), None)
    return code is None or AT_TOP.match(code) is not None
