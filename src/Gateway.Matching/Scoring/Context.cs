namespace Gateway.Matching.Scoring;

/// <summary>Weighs what surrounds the identifiers: goods, route, age. What either side leaves unstated weighs nothing.</summary>
internal sealed class Context(Weights weights, List<Reason> reasons)
{
    /// <summary>Adds a sentence with its bits; without, where it only explains.</summary>
    public void State(string sentence, double bits = 0) => reasons.Add(new Reason(bits, bits == 0 ? sentence : $"{sentence}, {Scorer.Signed(bits)}"));

    /// <summary>HS codes and categories say the same thing twice: codes where the record has them, else categories.</summary>
    public void WeighGoods(ShipmentFacts shipment, RecordFacts record)
    {
        if (shipment.HsCode.Length < 2)
        {
            return;
        }

        string chapter = shipment.HsCode[..2];
        bool byCode = record.HsChapters.Any(code => code.Length >= 2);
        HashSet<string> chapters = byCode
            ? [.. record.HsChapters.Where(code => code.Length >= 2).Select(code => code[..2])]
            : [.. record.Categories.SelectMany(category => weights.Goods.Categories.TryGetValue(category, out IReadOnlyList<string>? known) ? known : [])];
        if (chapters.Count == 0)
        {
            return;
        }

        string what = byCode ? "HS chapters" : "goods categories";
        if (chapters.Contains(chapter))
        {
            State($"HS chapter {chapter} is among the record's {what}", weights.Goods.AgreeingBits);
        }
        else
        {
            State($"HS chapter {chapter} is not among the record's {what} ({string.Join("; ", chapters.Order(StringComparer.Ordinal))})", weights.Goods.DisagreeingBits);
        }
    }

    public void WeighRoute(ShipmentFacts shipment, RecordFacts record)
    {
        List<string> countries = [.. shipment.Countries.Where(country => country.Length > 0)];
        if (countries.Count == 0 || record.RouteCountries.Count == 0)
        {
            return;
        }

        string? shared = countries.Find(record.RouteCountries.Contains);
        if (shared is not null)
        {
            State($"{shared} is on the record's route", weights.Route.AgreeingBits);
        }
        else
        {
            State($"None of {string.Join("; ", countries)} is on the record's route ({string.Join("; ", record.RouteCountries)})", weights.Route.DisagreeingBits);
        }
    }

    public void WeighAge(ShipmentFacts shipment, RecordFacts record)
    {
        if (record.LastSeenDay is not { } lastSeen || shipment.Day <= lastSeen)
        {
            return;
        }

        long days = shipment.Day - lastSeen;
        double bits = Math.Min(weights.Age.MostBits, Math.Max(0, days - weights.Age.DaysWithoutLoss) / (double)weights.Age.DaysABit);
        if (bits > 0)
        {
            State($"Last seen {days} days ago", -bits);
        }
    }
}
