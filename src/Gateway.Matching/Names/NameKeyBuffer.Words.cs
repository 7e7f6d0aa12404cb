using Gateway.Matching.Identifiers;
using Gateway.Matching.Text;

namespace Gateway.Matching.Names;

/// <summary>Takes a name apart into words and chooses those that get keys.</summary>
public sealed partial class NameKeyBuffer
{
    // Words in lower case with one space between, apostrophes out.
    private int TakeAscii(ReadOnlySpan<char> name)
    {
        int n = 0, start = 0;
        foreach (char c in name)
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                _line[n++] = char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c;
            }
            else if (c is not ('\'' or '`') && n > start)
            {
                n = start = EndToken(start, n);
            }
        }

        return n > start ? EndToken(start, n) : n;
    }

    private int TakeRead(ReadOnlySpan<char> name)
    {
        List<ReadWord> read = NameReader.Read(name.ToString(), _search ??= new SpellingSearch());
        _read = read;
        int n = 0;
        foreach (ReadWord word in read)
        {
            if (_tokens == NameWords.Most || n + word.Folded.Length + 1 > _line.Length)
            {
                break;
            }

            word.Folded.CopyTo(_line.AsSpan(n));
            _initials[_tokens] = word.Folded.Length == 1 && char.IsAsciiLetter(word.Folded[0]);
            _starts[_tokens] = n;
            _lengths[_tokens++] = word.Folded.Length;
            n += word.Folded.Length;
            _line[n++] = ' ';
        }

        return n;
    }

    private int EndToken(int start, int end)
    {
        if (_tokens == NameWords.Most)
        {
            return start;
        }

        // Single letters that follow each other are one word: "S. A."
        bool letter = end - start == 1 && char.IsAsciiLetter(_line[start]);
        if (letter && _open)
        {
            _line[start - 1] = _line[start];
            _lengths[_tokens - 1]++;
            _line[start] = ' ';
            return start + 1;
        }

        _open = letter;
        _initials[_tokens] = letter;
        _starts[_tokens] = start;
        _lengths[_tokens++] = end - start;
        _line[end] = ' ';
        return end + 1;
    }

    // The distinctive words; where there are none, all of them as one.
    private void Choose(int start, int end, PartyKind kind)
    {
        for (int token = start; token < end && Words < NameKeys.MostWords; token++)
        {
            LoneInitials += _initials[token] ? _lengths[token] : 0;
            bool lone = _initials[token] && (kind == PartyKind.Person || _lengths[token] == 1);
            if (!lone && !NameStopWords.Contains(Token(token), kind))
            {
                _chosen[Words] = token;
                _latin[Words++] = Keep(LatinOf(token));
            }
        }

        bool distinctive = false;
        for (int word = 0; word < Words && !distinctive; word++)
        {
            distinctive = !IsNearCommon(word, kind);
        }

        if (distinctive || start >= end)
        {
            return;
        }

        int from = _used;
        for (int token = start; token < end; token++)
        {
            Keep(LatinOf(token));
        }

        _chosen[0] = start;
        _latin[0] = (from, Math.Min(_used - from, LongestWord));
        Words = _used > from ? 1 : 0;
    }

    private ReadOnlySpan<char> Token(int token) => _line.AsSpan(_starts[token], _lengths[token]);

    private ReadOnlySpan<char> LatinOf(int token) => _read is { } read ? read[token].Latin : Token(token);

    private ReadOnlySpan<char> Latin(int word) => _values.AsSpan(_latin[word].Start, _latin[word].Length);

    private (int Start, int Length) Keep(ReadOnlySpan<char> text)
    {
        text = text.Length > LongestWord ? text[..LongestWord] : text;
        Reserve(ref _values, _used + text.Length);
        text.CopyTo(_values.AsSpan(_used));
        int start = _used;
        _used += text.Length;
        return (start, text.Length);
    }
}
