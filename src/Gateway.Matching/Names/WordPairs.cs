using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Names;

/// <summary>The one-to-one alignment of two names' words, best pairs first.</summary>
internal readonly struct WordPairs
{
    private readonly Match[] _ofAsking;
    private readonly WordAgreement[] _ofRecord;

    private WordPairs(Match[] ofAsking, WordAgreement[] ofRecord) => (_ofAsking, _ofRecord) = (ofAsking, ofRecord);

    internal WordAgreement AgreementOf(int askingWord) => _ofAsking[askingWord].Agreement;

    internal double BitsOf(int askingWord) => _ofAsking[askingWord].Bits;

    internal WordAgreement PartnerAgreementOf(int recordWord) => _ofRecord[recordWord];

    internal static WordPairs Of(AskingName query, int words, NameLayout record, ReadOnlySpan<UInt128> nameTags)
    {
        List<Candidate> candidates = Candidates(query, words, record, nameTags);
        candidates.Sort(static (a, b) => b.Bits.CompareTo(a.Bits));
        Match[] ofAsking = new Match[words];
        Array.Fill(ofAsking, new Match(WordAgreement.None, 0));
        WordAgreement[] ofRecord = new WordAgreement[record.Words.Count];
        Array.Fill(ofRecord, WordAgreement.None);
        for (int i = 0; i < candidates.Count; i++)
        {
            Candidate candidate = candidates[i];
            if (candidate.IsFree(ofAsking, ofRecord))
            {
                bool alsoBySkeleton = candidate.Agreement == WordAgreement.OneLetter
                    && candidates.Exists(other => other.Agreement == WordAgreement.Skeleton && other.Asking == candidate.Asking && other.Record == candidate.Record);
                (alsoBySkeleton ? candidate with { Bits = candidate.Bits + AlignmentWeights.AlsoBySkeleton } : candidate).Take(ofAsking, ofRecord);
            }
        }

        return new WordPairs(ofAsking, ofRecord);
    }

    private static List<Candidate> Candidates(AskingName query, int words, NameLayout record, ReadOnlySpan<UInt128> nameTags)
    {
        List<Candidate> found = [];
        int recordWords = record.Words.Count > 0 && record.Words[^1].IsInitials ? record.Words.Count - 1 : record.Words.Count;
        for (int j = 0; j < record.Words.Count; j++)
        {
            WordLayout word = record.Words[j];
            Look(word.Exact, word.IsInitials ? NameKeyClass.Initials : NameKeyClass.Exact, j, nameTags);
            foreach (int position in word.Skeletons)
            {
                Look(position, NameKeyClass.Skeleton, j, nameTags);
            }

            foreach (int position in word.Deletions)
            {
                Look(position, NameKeyClass.Deletion, j, nameTags);
            }
        }

        return found;

        void Look(int position, NameKeyClass recordClass, int j, ReadOnlySpan<UInt128> tags)
        {
            if (position < 0 || position >= tags.Length)
            {
                return;
            }

            foreach (AskingKey key in query.Find(tags[position]))
            {
                WordAgreement agreement = Agreement(key.Class, recordClass);
                if (agreement == WordAgreement.None)
                {
                    continue;
                }

                double bits = key.Bits - AlignmentWeights.Cost(agreement);
                if (agreement == WordAgreement.Initials)
                {
                    // Initials stand for a whole name only where the other side is one word.
                    if ((words == 1) != (recordWords == 1))
                    {
                        found.Add(new Candidate(bits, agreement, 0, words, 0, recordWords));
                    }
                }
                else
                {
                    // What stands at two neighbours joins them.
                    bool recordJoins = recordClass == NameKeyClass.Skeleton && j + 1 < recordWords && record.Words[j + 1].Skeletons.Contains(position);
                    bool joinedBefore = recordClass == NameKeyClass.Skeleton && !recordJoins && j > 0 && record.Words[j - 1].Skeletons.Contains(position);
                    if (!joinedBefore && !(recordJoins && key.IsJoined))
                    {
                        found.Add(new Candidate(bits, agreement, key.Word, key.IsJoined ? 2 : 1, j, recordJoins ? 2 : 1));
                    }
                }
            }
        }
    }

    private static WordAgreement Agreement(NameKeyClass asking, NameKeyClass record) => (asking, record) switch
    {
        (NameKeyClass.Exact, NameKeyClass.Exact) => WordAgreement.Same,
        (NameKeyClass.Initials, NameKeyClass.Initials) => WordAgreement.Initials,
        (NameKeyClass.Initials, _) or (_, NameKeyClass.Initials) => WordAgreement.None,
        (NameKeyClass.Skeleton or NameKeyClass.JoinedSkeleton, NameKeyClass.Skeleton) => WordAgreement.Skeleton,
        (NameKeyClass.Phonetic or NameKeyClass.JoinedPhonetic, NameKeyClass.Skeleton) => WordAgreement.Sound,
        (NameKeyClass.Exact or NameKeyClass.Spelling or NameKeyClass.Joined, NameKeyClass.Exact or NameKeyClass.Skeleton) => WordAgreement.Spelling,
        (NameKeyClass.Exact or NameKeyClass.Spelling or NameKeyClass.Joined or NameKeyClass.Deletion, NameKeyClass.Deletion) => WordAgreement.OneLetter,
        (NameKeyClass.Deletion, NameKeyClass.Exact or NameKeyClass.Skeleton) => WordAgreement.OneLetter,
        _ => WordAgreement.None,
    };

    private readonly record struct Match(WordAgreement Agreement, double Bits);

    private readonly record struct Candidate(double Bits, WordAgreement Agreement, int Asking, int AskingCount, int Record, int RecordCount)
    {
        internal bool IsFree(Match[] ofAsking, WordAgreement[] ofRecord) =>
            Asking + AskingCount <= ofAsking.Length && Record + RecordCount <= ofRecord.Length
            && Array.TrueForAll(ofAsking[Asking..(Asking + AskingCount)], match => match.Agreement == WordAgreement.None)
            && Array.TrueForAll(ofRecord[Record..(Record + RecordCount)], agreement => agreement == WordAgreement.None);

        internal void Take(Match[] ofAsking, WordAgreement[] ofRecord)
        {
            for (int i = 0; i < AskingCount; i++)
            {
                ofAsking[Asking + i] = new Match(Agreement, Bits / AskingCount);
            }

            Array.Fill(ofRecord, Agreement, Record, RecordCount);
        }
    }
}
