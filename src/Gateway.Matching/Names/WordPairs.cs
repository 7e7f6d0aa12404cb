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

    internal static WordPairs Of(TaggedName query, NameLayout record, ReadOnlySpan<UInt128> nameTags, TagFrequencies frequencies)
    {
        List<Candidate> candidates = Candidates(query, record, nameTags, frequencies);
        candidates.Sort(static (a, b) => b.Bits.CompareTo(a.Bits));
        Match[] ofAsking = new Match[query.Name.Words.Count];
        Array.Fill(ofAsking, new Match(WordAgreement.None, 0));
        WordAgreement[] ofRecord = new WordAgreement[record.Words.Count];
        Array.Fill(ofRecord, WordAgreement.None);
        foreach (Candidate candidate in candidates)
        {
            if (candidate.IsFree(ofAsking, ofRecord))
            {
                candidate.Take(ofAsking, ofRecord);
            }
        }

        return new WordPairs(ofAsking, ofRecord);
    }

    private static List<Candidate> Candidates(TaggedName query, NameLayout record, ReadOnlySpan<UInt128> nameTags, TagFrequencies frequencies)
    {
        List<Candidate> found = [];
        int words = query.Name.Words.Count, recordWords = record.Words.Count(word => !word.IsInitials);
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

                double bits = frequencies.Bits(tags[position]) - AlignmentWeights.Cost(agreement);
                if (agreement == WordAgreement.Initials)
                {
                    // Initials stand for a whole name only where the other side is one word.
                    if (words == 1 || recordWords == 1)
                    {
                        found.Add(new Candidate(bits, agreement, 0, words, 0, recordWords));
                    }
                }
                else
                {
                    bool recordJoins = recordClass == NameKeyClass.Skeleton && key.Class == NameKeyClass.Exact && j + 1 < recordWords && record.Words[j + 1].Skeletons.Contains(position);
                    found.Add(new Candidate(bits, agreement, key.Word, key.Class == NameKeyClass.Joined ? 2 : 1, j, recordJoins ? 2 : 1));
                }
            }
        }
    }

    private static WordAgreement Agreement(NameKeyClass asking, NameKeyClass record) => (asking, record) switch
    {
        (NameKeyClass.Exact, NameKeyClass.Exact) => WordAgreement.Same,
        (NameKeyClass.Initials, NameKeyClass.Initials) => WordAgreement.Initials,
        (NameKeyClass.Initials, _) or (_, NameKeyClass.Initials) => WordAgreement.None,
        (NameKeyClass.Skeleton, NameKeyClass.Skeleton) => WordAgreement.Skeleton,
        (NameKeyClass.Phonetic, NameKeyClass.Skeleton) => WordAgreement.Sound,
        (NameKeyClass.Joined, NameKeyClass.Exact) => WordAgreement.Spelling,
        (NameKeyClass.Joined, _) => WordAgreement.None,
        (NameKeyClass.Exact or NameKeyClass.Spelling, NameKeyClass.Exact or NameKeyClass.Skeleton) => WordAgreement.Spelling,
        (NameKeyClass.Exact or NameKeyClass.Spelling or NameKeyClass.Deletion, NameKeyClass.Deletion) or (NameKeyClass.Deletion, NameKeyClass.Exact or NameKeyClass.Skeleton) => WordAgreement.OneLetter,
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
