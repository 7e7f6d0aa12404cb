using System.Globalization;

namespace Gateway.Cli.Samples;

/// <summary>Makes up containers, air waybills and postal items with right check digits.</summary>
internal sealed class ReferenceBook
{
    private static readonly string[] Owners = ["XGWU", "ZQEU", "QXLU", "XZTU"];
    private static readonly string[] Airlines = ["180", "988", "784", "999"];
    private static readonly string[] Services = ["RR", "CP", "LX", "EE"];

    /// <summary>A container (ISO 6346).</summary>
    public static string Container(SplitMix64 random)
    {
        for (; ; )
        {
            string body = random.Pick(Owners) + random.Digits("######");
            int check = CheckDigits.Container(body);

            // ISO 6346 advises against serial numbers that give 10.
            if (check < 10)
            {
                return body + check.ToString(CultureInfo.InvariantCulture);
            }
        }
    }

    /// <summary>An air waybill.</summary>
    public static string AirWaybill(SplitMix64 random)
    {
        string serial = random.Digits("#######");
        return $"{random.Pick(Airlines)}-{serial}{CheckDigits.AirWaybill(serial)}";
    }

    /// <summary>A postal item (UPU S10) posted in a country.</summary>
    public static string PostalItem(string country, SplitMix64 random)
    {
        string serial = random.Digits("########");
        return $"{random.Pick(Services)}{serial}{CheckDigits.PostalItem(serial)}{country}";
    }

    private readonly ulong _seed;
    private int _left;
    private string _lastContainer = "";

    /// <summary>A book that gives references to so many shipments at most.</summary>
    public ReferenceBook(SampleOptions options) => (_seed, _left) = (options.Seed, options.ReferencedShipments);

    /// <summary>The shipment with its reference, if it gets one. House consignments share the air waybill of their declaration.</summary>
    public ShipmentRow Refer(ShipmentRow row, Declaration declaration)
    {
        if (_left == 0)
        {
            return row;
        }

        SplitMix64 random = SplitMix64.For(_seed, "reference/" + declaration.Id);
        ShipmentRow referred = row.Mode switch
        {
            "SEA" when random.Chance(16) => row with { Container = ContainerFor(random) },
            "AIR" when random.Chance(20) => row with { AirWaybill = AirWaybill(random) },
            "POST" when row.Departure.Length == 2 => row with { PostalItem = PostalItem(row.Departure, SplitMix64.For(_seed, "postal/" + row.Id)) },
            _ => row,
        };
        _left -= ReferenceEquals(referred, row) ? 0 : 1;
        return referred;
    }

    // Part loads: every third shipment lies in the container of the one before.
    private string ContainerFor(SplitMix64 random)
    {
        if (_lastContainer.Length == 0 || !random.Chance(33))
        {
            _lastContainer = Container(random);
        }

        return _lastContainer;
    }
}
