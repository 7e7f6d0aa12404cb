using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Names;

/// <summary>The NAME keys of names (docs/keys.md): words, the same with a letter left out, skeletons. They detect and score, and never open a record. Pure.</summary>
public static class NameKeys
{
    /// <summary>Words of a name that get keys; what follows says little more.</summary>
    public const int MostWords = 16;

    /// <summary>The words of one name, each with its keys.</summary>
    /// <param name="name">As written; any length, any script. What follows the first 512 UTF-16 units is not read.</param>
    /// <param name="kind">Legal forms and trade words are left out of names of organisations and of unknown kind, titles and particles of all.</param>
    public static KeyedName Of(string name, PartyKind kind) => Of(name, kind, new NameKeyBuffer());

    /// <summary>The same, with a buffer that is used again.</summary>
    /// <inheritdoc cref="Of(string, PartyKind)"/>
    public static KeyedName Of(string name, PartyKind kind, NameKeyBuffer buffer)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(buffer);
        buffer.Fill(name, kind);
        KeyedWord[] words = new KeyedWord[buffer.Words];
        int from = 0;
        for (int word = 0; word < words.Length; word++)
        {
            int to = from;
            while (to < buffer.Count && buffer.WordOf(to) == word && buffer.ClassOf(to) != NameKeyClass.Initials)
            {
                to++;
            }

            words[word] = new KeyedWord(buffer.WrittenOf(word))
            {
                Exact = IdentifierOf(buffer, from),
                Spellings = Of(buffer, from, to, [NameKeyClass.Spelling]),
                JoinedWithNext = Of(buffer, from, to, [NameKeyClass.Joined]),
                Skeletons = Of(buffer, from, to, [NameKeyClass.Skeleton, NameKeyClass.Phonetic]),
                Deletions = Of(buffer, from, to, [NameKeyClass.Deletion]),
                HasForeignLetters = buffer.HasForeignLetters(word),
                IsNearCommon = buffer.IsNearCommon(word, kind),
            };
            from = to;
        }

        return new KeyedName(words, from < buffer.Count ? IdentifierOf(buffer, from) : null) { LoneInitials = buffer.LoneInitials };
    }

    // The keys of a word in these classes, one class after the other, each key once.
    private static List<Identifier> Of(NameKeyBuffer buffer, int from, int to, ReadOnlySpan<NameKeyClass> classes)
    {
        List<Identifier> identifiers = [];
        foreach (NameKeyClass keyClass in classes)
        {
            for (int key = from; key < to; key++)
            {
                if (buffer.ClassOf(key) == keyClass && !IsThereAlready(buffer, from, to, key))
                {
                    identifiers.Add(IdentifierOf(buffer, key));
                }
            }
        }

        return identifiers;
    }

    // Whether the same key of the class comes before; of a word less a letter, whether it is also a spelling or two words as one.
    private static bool IsThereAlready(NameKeyBuffer buffer, int from, int to, int key)
    {
        NameKeyClass keyClass = buffer.ClassOf(key);
        for (int other = from; other < (keyClass == NameKeyClass.Deletion ? to : key); other++)
        {
            NameKeyClass otherClass = buffer.ClassOf(other);
            bool counts = otherClass == keyClass ? other < key : keyClass == NameKeyClass.Deletion && otherClass is (NameKeyClass.Spelling or NameKeyClass.Joined);
            if (counts && buffer.TypeOf(other) == buffer.TypeOf(key) && buffer.ValueOf(other).SequenceEqual(buffer.ValueOf(key)))
            {
                return true;
            }
        }

        return false;
    }

    private static Identifier IdentifierOf(NameKeyBuffer buffer, int key) => new(buffer.TypeOf(key), new string(buffer.ValueOf(key)));
}
