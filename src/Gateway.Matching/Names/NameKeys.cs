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
        List<Identifier>[,] keys = new List<Identifier>[buffer.Words + 1, (int)NameKeyClass.Initials + 1];
        for (int key = 0; key < buffer.Count; key++)
        {
            List<Identifier> of = keys[buffer.WordOf(key), (int)buffer.ClassOf(key)] ??= [];
            Identifier identifier = new(buffer.TypeOf(key), new string(buffer.ValueOf(key)));
            if (!of.Contains(identifier))
            {
                of.Add(identifier);
            }
        }

        KeyedWord[] words = new KeyedWord[buffer.Words];
        for (int word = 0; word < words.Length; word++)
        {
            Identifier exact = Of(word, NameKeyClass.Exact)[0];
            words[word] = new KeyedWord(buffer.WrittenOf(word))
            {
                Exact = exact,
                Spellings = Of(word, NameKeyClass.Spelling),
                JoinedWithNext = Of(word, NameKeyClass.Joined),
                Skeletons = [.. Of(word, NameKeyClass.Skeleton), .. Of(word, NameKeyClass.Phonetic)],
                Deletions = [.. Of(word, NameKeyClass.Deletion).Except(Of(word, NameKeyClass.Spelling)).Except(Of(word, NameKeyClass.Joined))],
                HasForeignLetters = buffer.HasForeignLetters(word),
            };
        }

        return new KeyedName(words, Of(0, NameKeyClass.Initials) is [Identifier initials, ..] ? initials : null);

        List<Identifier> Of(int word, NameKeyClass keyClass) => keys[word, (int)keyClass] ?? [];
    }
}
