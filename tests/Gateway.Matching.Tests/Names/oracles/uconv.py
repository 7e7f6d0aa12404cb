"""Writes ../uconv.csv: words of several scripts as ICU 72.1 reads them (Debian's uconv). Run: python3 uconv.py"""
import subprocess
WORDS = {"Any-Latin; Latin-ASCII": "გიორგი თბილისი ნინო Արմեն Երևան Տիգրան Νικόλαος Αλέξανδρος Παπαδόπουλος ბერიძე კახა Սարգսյան Αθήνα Γεωργίου",
         "Han-Latin/Names; Latin-ASCII": "王伟 李明 张敏 曾国 单雄 陈晓东 歐陽修 刘洋 周杰 吴军 郑和 孙丽 马云 高强 林涛 何平 梁静 谢军 韩梅 唐山 冯刚 于谦 董强 萧红 程浩 曹操 袁隆平 邓亚萍 许巍 傅聪 沈从文"}
with open("../uconv.csv", "w", encoding="utf-8") as out:
    out.write("word,latin\n")
    for rules, words in WORDS.items():
        words = words.split()
        # Signs one after the other: the tables know no context.
        lines = subprocess.run(["uconv", "-f", "utf-8", "-t", "utf-8", "-x", rules], input="\n".join(words), capture_output=True, text=True, check=True).stdout.split("\n")
        for word, latin in zip(words, lines): out.write(f"{word},{''.join(c for c in latin.lower() if 'a' <= c <= 'z')}\n")
