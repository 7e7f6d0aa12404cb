namespace Gateway.Matching.Index;

/// <summary>
/// Screens shipments in batches against the known-identifier table. Made once a thread and used again: what it holds grows to the largest batch and is
/// then allocated no more. Results are valid until the next <see cref="Screen"/>.
/// </summary>
/// <param name="known">The table; may change meanwhile.</param>
public sealed class ScreeningBatch(KnownIdentifiers known)
{
    private KnownState[] _states = [];
    private Screened[] _screened = [];
    private int[] _firstIdentifier = [];
    private int[] _firstMeeting = [];
    private Meeting[] _meetings = [];
    private int _shipments;

    /// <summary>One result a shipment, in order.</summary>
    public ReadOnlySpan<Screened> Results => _screened.AsSpan(0, _shipments);

    /// <summary>Screens a batch.</summary>
    /// <param name="hashes">The local hashes of all shipments' identifiers, one shipment after the other.</param>
    /// <param name="ends">For each shipment the end (exclusive) of its hashes; ascending, the last one the number of hashes.</param>
    /// <exception cref="ArgumentException">The ends do not divide the hashes.</exception>
    public void Screen(ReadOnlySpan<UInt128> hashes, ReadOnlySpan<int> ends)
    {
        MakeRoom(hashes.Length, ends.Length);
        _shipments = 0;
        known.Find(hashes, _states);
        int first = 0;
        int meetings = 0;
        for (int shipment = 0; shipment < ends.Length; shipment++)
        {
            int end = ends[shipment];
            if (end < first || end > hashes.Length)
            {
                throw new ArgumentException($"Shipment {shipment} ends at {end}, outside {first} to {hashes.Length}.", nameof(ends));
            }

            _firstIdentifier[shipment] = first;
            _firstMeeting[shipment] = meetings;
            _screened[shipment] = ScreenOne(hashes[first..end], _states.AsSpan(first, end - first), ref meetings);
            first = end;
        }

        if (first != hashes.Length)
        {
            throw new ArgumentException($"The last shipment ends at {first} of {hashes.Length} hashes.", nameof(ends));
        }

        _shipments = ends.Length;
    }

    /// <summary>What met, for one shipment of the batch, by identifier and then record.</summary>
    public ReadOnlySpan<Meeting> HitsOf(int shipment) => _meetings.AsSpan(_firstMeeting[Checked(shipment)], _screened[shipment].Hits);

    /// <summary>The states of one shipment's identifiers, in their order: tells which are pending.</summary>
    public ReadOnlySpan<KnownState> StatesOf(int shipment) => _states.AsSpan(_firstIdentifier[Checked(shipment)], _screened[shipment].Identifiers);

    private Screened ScreenOne(ReadOnlySpan<UInt128> hashes, Span<KnownState> states, ref int meetings)
    {
        if (states.IndexOfAnyExcept(KnownState.Clear) < 0)
        {
            return new Screened(states.Length, 0, 0, 0);
        }

        int pending = 0;
        int stopValues = 0;
        int before = meetings;
        for (int i = 0; i < states.Length; i++)
        {
            // Hits may go between the look-up and here: then the identifier's state is asked for again, since it may have been forgotten altogether.
            while (states[i] == KnownState.Hit && !AddMeetings(i, known.HitsOf(hashes[i]), ref meetings))
            {
                states[i] = known.Find(hashes[i]);
            }

            pending += states[i] == KnownState.Unknown ? 1 : 0;
            stopValues += states[i] == KnownState.StopValue ? 1 : 0;
        }

        return new Screened(states.Length, pending, stopValues, meetings - before);
    }

    private bool AddMeetings(int identifier, ReadOnlySpan<int> records, ref int meetings)
    {
        if (_meetings.Length - meetings < records.Length)
        {
            Array.Resize(ref _meetings, Math.Max(meetings + records.Length, Math.Max(64, _meetings.Length * 2)));
        }

        foreach (int record in records)
        {
            _meetings[meetings++] = new Meeting(identifier, record);
        }

        return !records.IsEmpty;
    }

    private void MakeRoom(int identifiers, int shipments)
    {
        if (_states.Length < identifiers)
        {
            _states = new KnownState[identifiers];
        }

        if (_screened.Length < shipments)
        {
            _screened = new Screened[shipments];
            _firstIdentifier = new int[shipments];
            _firstMeeting = new int[shipments];
        }
    }

    private int Checked(int shipment)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shipment);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shipment, _shipments);
        return shipment;
    }
}
