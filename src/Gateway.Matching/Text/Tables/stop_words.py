"""
Adds the common words of organisations' names in many languages to stop_words.txt: what symbols.yml of opensanctions/rigour lists under org_symbols ("company", "group",
"international", "ministry" and the like). Run here: python3 stop_words.py SYMBOLS_YML. Lines of "more" are replaced, the others are our own.
"""
import re, sys
words, section = [], ""
for line in open(sys.argv[1], encoding="utf-8"):
    line = line.split("#")[0].rstrip()
    if re.match(r"^\w", line): section = line.strip(":")
    entry = re.match(r"^\s+- (.+)$", line)
    if entry and section == "org_symbols":
        word = entry.group(1).strip("\"' ").lower()
        if len(word) > 1 and " " not in word and word.isalpha(): words.append(word)
kept = [line for line in open("stop_words.txt", encoding="utf-8") if not line.startswith("more ")]
words = sorted(set(words))
with open("stop_words.txt", "w", encoding="utf-8") as out:
    out.writelines(kept)
    for i in range(0, len(words), 20): out.write("more " + " ".join(words[i:i + 20]) + "\n")
