using Gateway.Matching.Index;

namespace Gateway.Node.Screening;

/// <summary>
/// Tells which shipments of a batch are cleared with nothing more to say, which is nearly all of them: every identifier known, none of them hit, no field rejected, no name near. It makes no object:
/// the parts' hashes are gathered, looked up together, and a place noted. All others go the way of a single shipment, which is its twin. One for each thread.
/// </summary>
internal sealed class ClearedShipments(KnownIdentifiers known, NameSimilarity similarity)
{
    // Their lines are asked for ahead; and their hashes stay in the first cache.
    private const int Together = 128;

    private readonly ScreeningBatch _screening = new(known);
    private readonly int[] _ends = new int[Together];
    private readonly bool[] _plain = new bool[Together];
    private UInt128[] _hashes = new UInt128[16 * Together];

    /// <summary>Looks at the shipments from <paramref name="first"/> to before <paramref name="end"/>.</summary>
    /// <param name="columns">The batch.</param>
    /// <param name="first">The first of them.</param>
    /// <param name="end">The first one after them.</param>
    /// <param name="cleared">Set where a shipment is; at least as long as the batch.</param>
    /// <returns>How many are.</returns>
    public int Find(ShipmentColumns columns, int first, int end, Span<bool> cleared)
    {
        int found = 0;
        for (int begin = first; begin < end; begin += Together)
        {
            int count = Math.Min(Together, end - begin), hashes = 0;
            for (int i = 0; i < count; i++)
            {
                _plain[i] = Gather(columns, begin + i, ref hashes);
                _ends[i] = hashes;
            }

            _screening.Screen(_hashes.AsSpan(0, hashes), _ends.AsSpan(0, count));
            ReadOnlySpan<Screened> results = _screening.Results;
            for (int i = 0; i < count; i++)
            {
                bool isCleared = _plain[i] && results[i].Identifiers > 0 && results[i].IsCleared;
                cleared[begin + i] = isCleared;
                found += isCleared ? 1 : 0;
            }
        }

        return found;
    }

    private bool Gather(ShipmentColumns columns, int shipment, ref int hashes)
    {
        int roles = 0, parts = columns.PartsOf(shipment);
        bool isPlain = true;
        for (int i = 0; i < parts; i++)
        {
            NumberedPart part = columns.Part(shipment, i);
            isPlain &= part.IsPlain && (roles & part.RoleBit) == 0 && similarity.IsNothingNear(part.Keys.Names);
            roles |= part.RoleBit;
            UInt128[] some = part.Keys.Hashes;
            if (_hashes.Length - hashes < some.Length) Array.Resize(ref _hashes, Math.Max(2 * _hashes.Length, hashes + some.Length));
            some.CopyTo(_hashes.AsSpan(hashes));
            hashes += some.Length;
        }

        return isPlain;
    }
}
