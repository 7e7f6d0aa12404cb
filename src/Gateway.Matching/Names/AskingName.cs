using Gateway.Matching.Text;

namespace Gateway.Matching.Names;

/// <summary>An asking name with what each of its keys is worth. A word that has many spellings meets one of them by chance more easily: all of them together set what one is worth.</summary>
internal sealed class AskingName
{
    private readonly Dictionary<UInt128, AskingKey[]> _keys = [];

    internal AskingName(TaggedName name, TagFrequencies frequencies)
    {
        Frequencies = frequencies;
        int words = name.Name.Words.Count;
        Worth = new double[words];
        (int Spellings, int Skeletons, int Sounds, int Joined, int JoinedSkeletons, int JoinedSounds)[] records = new (int, int, int, int, int, int)[words];
        foreach ((UInt128 tag, List<TaggedKey> keys) in name.Keys)
        {
            int with = frequencies.RecordsWith(tag);
            foreach ((int word, NameKeyClass keyClass, _, _) in keys)
            {
                switch (keyClass)
                {
                    case NameKeyClass.Exact or NameKeyClass.Spelling: records[word].Spellings += with; break;
                    case NameKeyClass.Skeleton: records[word].Skeletons += with; break;
                    case NameKeyClass.Phonetic: records[word].Sounds += with; break;
                    case NameKeyClass.Joined: records[word].Joined += with; break;
                    case NameKeyClass.JoinedSkeleton: records[word].JoinedSkeletons += with; break;
                    case NameKeyClass.JoinedPhonetic: records[word].JoinedSounds += with; break;
                    default: break;
                }
            }
        }

        for (int word = 0; word < words; word++)
        {
            Worth[word] = name.Name.Words[word].IsNearCommon ? 1 : Math.Min(AlignmentWeights.SurpriseWorth * Transliteration.Surprise(name.Name.Words[word].Exact.Value), frequencies.BitsOf(name.ExactTag(word) is { } exact ? frequencies.RecordsWith(exact) : 0));
        }

        foreach ((UInt128 tag, List<TaggedKey> keys) in name.Keys)
        {
            int with = frequencies.RecordsWith(tag);
            _keys[tag] = [.. keys.Select(key => new AskingKey((byte)key.Word, key.Class, Math.Min(key.Most, frequencies.BitsOf(key.Class switch
            {
                NameKeyClass.Exact => with,
                NameKeyClass.Spelling => records[key.Word].Spellings,
                NameKeyClass.Skeleton => records[key.Word].Skeletons,
                NameKeyClass.Phonetic => records[key.Word].Sounds,
                NameKeyClass.Joined => records[key.Word].Joined,
                NameKeyClass.JoinedSkeleton => records[key.Word].JoinedSkeletons,
                NameKeyClass.JoinedPhonetic => records[key.Word].JoinedSounds,
                NameKeyClass.Deletion => Math.Max(with, records[key.Word].Spellings),
                _ => with,
            })) - (AlignmentWeights.RankCost * key.Rank * (key.Class == NameKeyClass.Deletion ? 0 : 1))))];
        }
    }

    internal TagFrequencies Frequencies { get; }

    /// <summary>What each word tells, in bits.</summary>
    internal double[] Worth { get; }

    internal ReadOnlySpan<AskingKey> Find(UInt128 tag) => _keys.TryGetValue(tag, out AskingKey[]? keys) ? keys : [];
}

/// <summary>What a tag is to the asking name, and what meeting it is worth in bits.</summary>
internal readonly record struct AskingKey(byte Word, NameKeyClass Class, double Bits)
{
    internal bool IsJoined => Class is NameKeyClass.Joined or NameKeyClass.JoinedSkeleton or NameKeyClass.JoinedPhonetic;
}
