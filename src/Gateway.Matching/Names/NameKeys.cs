using Gateway.Matching.Identifiers;
using Gateway.Matching.Text;

namespace Gateway.Matching.Names;

/// <summary>The NAME keys of names (docs/keys.md): words, the same with a letter left out, skeletons. They detect and score, and never open a record. Pure.</summary>
public static class NameKeys
{
    /// <summary>Words of a name that get keys; what follows says little more.</summary>
    public const int MostWords = 16;

    /// <summary>The words of one name, each with its keys.</summary>
    /// <param name="name">As written; any length, any script.</param>
    /// <param name="kind">Legal forms and trade words are left out of names of organisations and of unknown kind.</param>
    public static KeyedName Of(string name, PartyKind kind)
    {
        ArgumentNullException.ThrowIfNull(name);
        List<string> all = NameWords.Of(name.Length <= 512 ? name : name[..512]);
        List<string> words = kind == PartyKind.Person ? all : LegalForms.Remove(all, out _);
        string[] distinctive = [.. words.Where(word => !CommonWords.Contains(word)).Take(MostWords)];
        distinctive = distinctive.Length > 0 ? distinctive : [.. words.Take(MostWords)];
        List<KeyedWord> keyed = [];
        for (int i = 0; i < distinctive.Length; i++)
        {
            string word = distinctive[i];
            string[] deletions = word.Length < 4 ? [] : [.. Enumerable.Range(0, Math.Min(word.Length, 16)).Select(place => word.Remove(place, 1)).Distinct()];
            keyed.Add(new KeyedWord(word)
            {
                Exact = new Identifier(IdentifierType.NameWord, word),
                Skeletons = [new Identifier(IdentifierType.NameSkeleton, Skeleton.Of(word))],
                JoinedWithNext = i + 1 < distinctive.Length ? new Identifier(IdentifierType.NameWord, word + distinctive[i + 1]) : null,
                Deletions = [.. deletions.Select(value => new Identifier(IdentifierType.NameWord, value))],
            });
        }

        return new KeyedName(keyed, null);
    }
}
