using System.Buffers.Binary;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Text;

namespace Gateway.Matching.Names;

/// <summary>
/// Makes the NAME keys of one name after the other without allocating (names of plain ASCII; others allocate while they are read). Made once a thread and used again; what it
/// holds is valid until the next <see cref="Fill"/>. <see cref="NameKeys.Of(string, PartyKind)"/> gives the same keys as objects.
/// </summary>
public sealed partial class NameKeyBuffer
{
    /// <summary>Bytes of the longest key, encoded.</summary>
    public const int LongestEncoded = 18 + byte.MaxValue;

    private const int LongestName = 512;
    private const int LongestWord = 32;
    private const int MostDeletions = 16;
    private const int LongestInitials = 8;

    // The most that the keys of one word take: itself, ten other spellings of it and seven of two words as one, each with two skeletons, and what is left without a letter.
    private const int MostKeys = (18 * 3) + MostDeletions;
    private const int MostLettersRead = (18 * ((2 * LongestWord) + 1 + (2 * WordSkeleton.Longest))) + (MostDeletions * LongestWord);
    private const int MostLetters = (2 * ((2 * LongestWord) + 1 + (2 * WordSkeleton.Longest))) + (MostDeletions * LongestWord);

    private readonly int[] _starts = new int[NameWords.Most];
    private readonly int[] _lengths = new int[NameWords.Most];
    private readonly int[] _chosen = new int[NameKeys.MostWords];
    private readonly (int Start, int Length)[] _latin = new (int, int)[NameKeys.MostWords];
    private readonly bool[] _initials = new bool[NameWords.Most];
    private char[] _line = new char[128];
    private char[] _values = new char[1_024];
    private Entry[] _entries = new Entry[96];
    private SpellingSearch? _search;
    private List<ReadWord>? _read;
    private int _tokens;
    private int _used;
    private bool _open;

    /// <summary>Keys of the name; the same key may stand there for two words.</summary>
    public int Count { get; private set; }

    /// <summary>Words that have keys, at most <see cref="NameKeys.MostWords"/>.</summary>
    public int Words { get; private set; }

    /// <summary>The type of a key.</summary>
    public IdentifierType TypeOf(int key) => _entries[Checked(key)].Type;

    /// <summary>What a key is to its word.</summary>
    public NameKeyClass ClassOf(int key) => _entries[Checked(key)].Class;

    /// <summary>The word a key is of, from 0; of the initials 0.</summary>
    public int WordOf(int key) => _entries[Checked(key)].Word;

    /// <summary>The value of a key: a–z, 0–9 and "=".</summary>
    public ReadOnlySpan<char> ValueOf(int key)
    {
        Entry entry = _entries[Checked(key)];
        return _values.AsSpan(entry.Start, entry.Length);
    }

    /// <summary>Writes what <see cref="Identifier.Encode(Span{byte})"/> writes of the key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="destination">At least <see cref="LongestEncoded"/> bytes.</param>
    /// <returns>The number of bytes written.</returns>
    public int Encode(int key, Span<byte> destination)
    {
        ReadOnlySpan<byte> label = "gateway/v1/id\0"u8;
        ReadOnlySpan<char> value = ValueOf(key);
        label.CopyTo(destination);
        Span<byte> rest = destination[label.Length..];
        BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)TypeOf(key));
        BinaryPrimitives.WriteUInt16BigEndian(rest[2..], (ushort)value.Length);
        for (int i = 0; i < value.Length; i++)
        {
            rest[4 + i] = (byte)value[i];
        }

        return label.Length + 4 + value.Length;
    }

    /// <summary>Makes the keys of a name.</summary>
    /// <param name="name">As written; what follows the first 512 UTF-16 units is not read.</param>
    /// <param name="kind">Whether it is a person's.</param>
    public void Fill(ReadOnlySpan<char> name, PartyKind kind)
    {
        name = name.Length > LongestName ? name[..LongestName] : name;
        Count = 0;
        Words = 0;
        LoneInitials = 0;
        _used = 0;
        _tokens = 0;
        _open = false;
        _read = null;
        bool ascii = System.Text.Ascii.IsValid(name);
        Reserve(ref _line, ascii ? name.Length + 1 : LongestName * 4);
        int length = ascii ? TakeAscii(name) : TakeRead(name);
        ReadOnlySpan<int> starts = _starts.AsSpan(0, _tokens), lengths = _lengths.AsSpan(0, _tokens);
        (int start, int end) = kind == PartyKind.Person ? (0, _tokens) : LegalForms.Range(_line.AsSpan(0, length), starts, lengths);
        Choose(start, end, kind);
        for (int word = 0; word < Words; word++)
        {
            AddWord(word);
        }

        if (kind != PartyKind.Person)
        {
            AddInitials(start, end);
        }
    }

    /// <summary>Single letters of the name that stand alone.</summary>
    internal int LoneInitials { get; private set; }

    internal bool IsNearCommon(int word, PartyKind kind) => NameStopWords.IsNear(Latin(word), kind);

    internal string WrittenOf(int word) => _read is { } read && _chosen[word] < read.Count ? read[_chosen[word]].Written : new string(Latin(word));

    internal bool HasForeignLetters(int word) => _read is { } read && _chosen[word] < read.Count && read[_chosen[word]].HasForeignLetters;

    // The buffers grow to what the longest name so far needed: most are short, and some callers make one for a single name.
    private static void Reserve<T>(ref T[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            Array.Resize(ref buffer, Math.Max(length, 2 * buffer.Length));
        }
    }

    private void AddWord(int word)
    {
        Reserve(ref _values, _used + (_read is null ? MostLetters : MostLettersRead));
        Reserve(ref _entries, Count + MostKeys);
        ReadOnlySpan<char> latin = Latin(word);
        Add(IdentifierType.NameWord, NameKeyClass.Exact, word, _latin[word]);
        AddSkeletons(latin, word);
        if (_read is { } read && _chosen[word] < read.Count && Words > 0)
        {
            foreach (string spelling in read[_chosen[word]].Spellings)
            {
                Add(IdentifierType.NameWord, NameKeyClass.Spelling, word, Keep(spelling));
                AddSkeletons(spelling, word);
            }
        }

        AddJoined(word);
        if (latin.Length < 3 || (_read is { } words && words[_chosen[word]].IsSyllabic) || latin.ContainsAnyInRange('0', '9'))
        {
            return;
        }

        for (int i = 0; i < latin.Length && i < MostDeletions; i++)
        {
            // Either letter of a pair gives the same.
            if (i == 0 || latin[i] != latin[i - 1])
            {
                latin[..i].CopyTo(_values.AsSpan(_used));
                latin[(i + 1)..].CopyTo(_values.AsSpan(_used + i));
                Add(IdentifierType.NameWord, NameKeyClass.Deletion, word, (_used, latin.Length - 1));
                _used += latin.Length - 1;
            }
        }
    }

    private void AddSkeletons(ReadOnlySpan<char> latin, int word, NameKeyClass keyClass = NameKeyClass.Skeleton)
    {
        Span<char> skeleton = stackalloc char[WordSkeleton.Longest];
        latin = latin.Length > LongestWord ? latin[..LongestWord] : latin;
        int length = latin.ContainsAnyInRange('0', '9') ? 0 : WordSkeleton.Fine(latin, skeleton);
        if (length == 0)
        {
            // Too little of it is consonants: the word stands for itself.
            _values[_used] = '=';
            latin.CopyTo(_values.AsSpan(_used + 1));
            AddOnce(IdentifierType.NameSkeleton, keyClass, word, latin.Length + 1);
            return;
        }

        skeleton[..length].CopyTo(_values.AsSpan(_used));
        AddOnce(IdentifierType.NameSkeleton, keyClass, word, length);
        length = WordSkeleton.Coarse(latin, skeleton);
        if (length > 0)
        {
            skeleton[..length].CopyTo(_values.AsSpan(_used));
            AddOnce(IdentifierType.NamePhonetic, keyClass == NameKeyClass.Skeleton ? NameKeyClass.Phonetic : keyClass, word, length);
        }
    }

    // Two words as one: "Shen Zhen", "Xiao Ming".
    private void AddJoined(int word)
    {
        if (_read is { } read && read[_chosen[word]].JoinedSpellings is { Count: > 0 } spellings)
        {
            foreach (string spelling in spellings)
            {
                Add(IdentifierType.NameWord, NameKeyClass.Joined, word, Keep(spelling));
            }

            foreach (string spelling in spellings)
            {
                AddSkeletons(spelling, word, NameKeyClass.Joined);
            }

            return;
        }

        if (word + 1 >= Words || _latin[word].Length + _latin[word + 1].Length > LongestWord)
        {
            return;
        }

        int start = _used;
        Keep(Latin(word));
        Keep(Latin(word + 1));
        Add(IdentifierType.NameWord, NameKeyClass.Joined, word, (start, _used - start));
    }

    private void AddInitials(int start, int end)
    {
        Reserve(ref _values, _used + LongestInitials + LongestWord);
        Reserve(ref _entries, Count + 1);

        // What stands before a name as a legal form ("Banco") is in its initials all the same.
        int from = _used, words = 0;
        for (int token = 0; token < end && words < LongestInitials; token++)
        {
            if (!NameStopWords.IsParticle(Token(token)) && LatinOf(token) is { Length: > 0 } latin)
            {
                _values[_used++] = latin[0];
                words++;
            }
        }

        if (end - start == 1 && LatinOf(start) is { Length: >= 3 and <= 6 } alone)
        {
            Add(IdentifierType.NameInitials, NameKeyClass.Initials, 0, Keep(alone));
        }
        else if (words >= 3)
        {
            Add(IdentifierType.NameInitials, NameKeyClass.Initials, 0, (from, words));
        }
    }

    private void AddOnce(IdentifierType type, NameKeyClass keyClass, int word, int length)
    {
        for (int i = Count - 1; i >= 0 && _entries[i].Word == word; i--)
        {
            if (_entries[i].Type == type && _entries[i].Class == keyClass && ValueOf(i).SequenceEqual(_values.AsSpan(_used, length)))
            {
                return;
            }
        }

        Add(type, keyClass, word, (_used, length));
        _used += length;
    }

    private void Add(IdentifierType type, NameKeyClass keyClass, int word, (int Start, int Length) value) =>
        _entries[Count++] = new Entry(type, keyClass, (byte)word, (byte)value.Length, value.Start);

    private int Checked(int key) => key < Count ? key : throw new ArgumentOutOfRangeException(nameof(key), key, $"The name has {Count} keys.");

    private readonly record struct Entry(IdentifierType Type, NameKeyClass Class, byte Word, byte Length, int Start);
}
