using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Grpc.Core;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.EndToEnd.Life;

/// <summary>
/// Nothing that a member receives or keeps of a record links it to its contributor. Other members' ids, names and public keys do stand in the log, in the entries that make up the network's state
/// (who joined, who belongs to which circle, whose keys are sealed): so what is compared is everything else. Looked for: each contributor's member id, name, member, node and box key, TLS key and
/// address in certificates, and, which are nowhere public at all, its references, issuance salts, member signatures and record salts' keys. Looked through: every row of every table but the entries
/// of the state and the orders that this node's own officer has given about members (circle_orders); every file of the node's folder as raw bytes, journal, index file, marks and logs included, for what is not public; and every record opened as far as this node can.
/// </summary>
public sealed class ContributorAnonymityTests
{
    [Fact]
    public async Task Nothing_a_member_stores_of_a_record_links_it_to_its_contributor()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        (LocalNode retailer, LocalNode customs, LocalNode other) = await EndOfRecordsTests.ThreeAsync(network);
        Contribution[] cases = [.. Enumerable.Range(0, 6).Select(i => LocalNode.Case("acx", $"internal-reference-{i}", $"Bad Shoes {i} Trading GmbH", $"sales{i}@bad-shoes.example"))];
        IReadOnlyList<ContributionOutcome> first = await retailer.ContributeAsync(cases[..3]);
        await other.ContributeAsync(cases[3..]);
        await customs.UntilAsync(status => status.LiveRecords == 6, "the records");
        for (int i = 0; i < cases.Length; i++) Assert.Single((await customs.ScreenAsync(LocalNode.ShipmentOf($"S{i}", "Someone Else Ltd", $"sales{i}@bad-shoes.example"))).Hits);
        await customs.Watch.RegisterSellerAsync(new RegisterSellerRequest { Seller = new Seller { Reference = "account-1", Party = new Party { Identifiers = { new StatedIdentifier { Type = 1, Value = "sales0@bad-shoes.example" } } } }, WaitMilliseconds = 60_000 });
        await retailer.Contributions.WithdrawRecordAsync(new WithdrawRecordRequest { RecordId = first[2].RecordId, Reason = WithdrawalReason.Mistake });
        await customs.UntilAsync(status => status.LiveRecords == 5, "the withdrawal");

        List<Needle> secret = [.. await SecretsOfAsync(retailer), .. await SecretsOfAsync(other)];
        List<Needle> known = [.. PublicOf(retailer), .. PublicOf(other)];
        Assert.Equal(6 * 3, secret.Count(needle => needle.What.Contains("submission", StringComparison.Ordinal)));
        List<Haystack> opened = await OpenedAsync(customs, cases);
        Assert.Equal(5, opened.Count);
        await customs.StopAsync();

        List<Haystack> files = [.. Directory.GetFiles(customs.Directory.Path, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".sock", StringComparison.Ordinal)).Select(file => new Haystack(Path.GetFileName(file), File.ReadAllBytes(file)))];
        Assert.Contains(files, file => file.Where == "node.db");
        List<Haystack> rows = RowsOf(customs.Directory.StoreFile);

        // The search sees what is there: the membership entries do name everybody, and the node's own references are its own.
        Assert.NotEmpty(Find(known, files));
        Assert.Empty(Find(secret, [.. files, .. rows, .. opened]));
        Assert.Empty(Find(known, [.. rows, .. opened, .. files.Where(file => !file.Where.StartsWith("node.db", StringComparison.Ordinal))]));

        // And it fails for one that is planted: in a row, in a file, in what opens.
        byte[] planted = retailer.Member.ToArray();
        using (SqliteConnection connection = new($"Data Source={customs.Directory.StoreFile};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "UPDATE records SET fault = $planted WHERE number = 1";
            command.Parameters.AddWithValue("$planted", $"by {Convert.ToHexStringLower(planted)}");
            Assert.Equal(1, command.ExecuteNonQuery());
        }

        Assert.NotEmpty(Find(known, RowsOf(customs.Directory.StoreFile)));
        Assert.NotEmpty(Find(known, [new Haystack("log", Encoding.UTF8.GetBytes($"record of {retailer.Member}"))]));
        Assert.NotEmpty(Find(known, [opened[0] with { Bytes = [.. opened[0].Bytes, .. planted] }]));
    }

    private sealed record Needle(string What, byte[] Bytes);

    private sealed record Haystack(string Where, byte[] Bytes);

    private static List<string> Find(IEnumerable<Needle> needles, IReadOnlyList<Haystack> haystacks) =>
        [.. needles.SelectMany(needle => haystacks.Where(haystack => haystack.Bytes.AsSpan().IndexOf(needle.Bytes) >= 0).Select(haystack => $"{needle.What} in {haystack.Where}"))];

    // As bytes and as hexadecimal text, either case.
    private static IEnumerable<Needle> Forms(string what, byte[] bytes) =>
        [new(what, bytes), new($"{what} (hex)", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes))), new($"{what} (HEX)", Encoding.ASCII.GetBytes(Convert.ToHexString(bytes)))];

    // What of a member stands in the log's state.
    private static IEnumerable<Needle> PublicOf(LocalNode node)
    {
        string name = node.Directory.ReadSettings().Name;
        using MemberKeys keys = node.Directory.ReadKeys();
        return
        [
            .. Forms($"{name}'s member id", node.Member.ToArray()), .. Forms($"{name}'s member key", keys.Member.PublicKey.ToArray()), .. Forms($"{name}'s node key", keys.Node.PublicKey.ToArray()),
            .. Forms($"{name}'s box key", keys.Box.PublicKey.ToArray()), new($"{name}'s name", Encoding.UTF8.GetBytes($"\n{(char)name.Length}{name}")), new($"{name}'s name", Encoding.UTF8.GetBytes($"\"{name}\"")),
        ];
    }

    // What no other member may ever hold: it has no place in the log.
    private static async Task<List<Needle>> SecretsOfAsync(LocalNode node)
    {
        string name = node.Directory.ReadSettings().Name;
        List<Needle> needles = [];
        using (X509Certificate2 certificate = X509Certificate2.CreateFromPem(File.ReadAllText(node.Directory.CertificateFile)))
        {
            needles.AddRange(Forms($"{name}'s TLS key", certificate.GetPublicKey()));
            needles.Add(new($"{name}'s address", Encoding.ASCII.GetBytes($"{LocalNetwork.Network}/{node.Member}")));
        }

        INodeStore store = node.Services.GetRequiredService<INodeStore>();
        using MemberKeys keys = node.Directory.ReadKeys();
        await foreach (OutboxRow row in store.ListOutboxAsync(CancellationToken.None))
        {
            RecordPublished entry = Entry.Parser.ParseFrom(Receipt.Parser.ParseFrom(row.Receipt).Entry).RecordPublished;
            byte[] signature = keys.Member.Sign(RecordFormat.IssueMessage(row.RecordId!.Value, entry.RecordPk.Span));
            needles.AddRange(Forms($"{name}'s reference in submission", Encoding.UTF8.GetBytes(row.Reference)).Take(1));
            needles.Add(new($"{name}'s member signature in submission", signature));
            needles.Add(new($"{name}'s content hash in submission", row.ContentHash));
        }

        return needles;
    }

    // Every row of every table but the entries of the network's state, the own officer's orders about members, and members' cosignatures of checkpoints: they speak of members, and of no record.
    private static List<Haystack> RowsOf(string store)
    {
        List<Haystack> rows = [];
        using SqliteConnection connection = new($"Data Source={store};Pooling=False");
        connection.Open();
        List<string> tables = [];
        using (SqliteCommand list = connection.CreateCommand())
        {
            list.CommandText = "SELECT name FROM sqlite_schema WHERE type = 'table'";
            using SqliteDataReader names = list.ExecuteReader();
            while (names.Read()) tables.Add(names.GetString(0));
        }

        foreach (string table in tables)
        {
            using SqliteCommand all = connection.CreateCommand();
            if (table is "circle_orders" or "cosignatures") continue;
            all.CommandText = table == "leaves" ? "SELECT * FROM leaves WHERE state = 0" : $"SELECT * FROM \"{table}\"";
            using SqliteDataReader reader = all.ExecuteReader();
            while (reader.Read())
            {
                using MemoryStream row = new();
                for (int column = 0; column < reader.FieldCount; column++)
                {
                    row.Write(reader.GetValue(column) switch { byte[] bytes => bytes, string text => Encoding.UTF8.GetBytes(text), object value => Encoding.UTF8.GetBytes(value.ToString()!) });
                    row.WriteByte((byte)'\n');
                }

                rows.Add(new Haystack(table, row.ToArray()));
            }
        }

        Assert.Contains(rows, row => row.Where == "items");
        Assert.Contains(rows, row => row.Where == "leaves");
        return rows;
    }

    // Head, summary and body in clear, as far as the identifiers met open them.
    private static async Task<List<Haystack>> OpenedAsync(LocalNode node, Contribution[] cases)
    {
        INodeStore store = node.Services.GetRequiredService<INodeStore>();
        Gateway.Node.Matching.NodeMatcher matcher = node.Services.GetRequiredService<Gateway.Node.Matching.NodeMatcher>();
        NodeView view = node.Services.GetRequiredService<Func<NodeView>>()();
        Gateway.Node.Screening.Screener screener = node.Services.GetRequiredService<Gateway.Node.Screening.Screener>();
        List<Haystack> opened = [];
        foreach (Contribution one in cases)
        {
            Gateway.Node.Screening.PreparedShipment prepared = screener.Prepare(LocalNode.ShipmentOf("S", "Someone Else Ltd", one.Subject.Identifiers[0].Value));
            foreach (UInt128 hash in prepared.Hashes)
            {
                foreach (int number in matcher.Known.HitsOf(hash).ToArray())
                {
                    NodeRecord record = (await store.ReadRecordAsync(number, CancellationToken.None))!;
                    CircleKey key = view.Keyring.Find(record.Circle, record.Epoch)!;
                    Assert.True(RecordOpener.TryReopen(key, record.Id, record.Item, out UnwrappedRecord? unwrapped, out _));
                    byte[] evaluation = (await matcher.FindEvaluationAsync(1, hash, CancellationToken.None))!;
                    if (!RecordOpener.TryOpen(unwrapped, key.PseudonymOf(evaluation), 1, _ => false, out OpenedRecord? whole, out _)) continue;
                    using MemoryStream clear = new();
                    clear.Write(Google.Protobuf.MessageExtensions.ToByteArray(whole.Record.Summary));
                    clear.Write(Google.Protobuf.MessageExtensions.ToByteArray(whole.Body));
                    opened.Add(new Haystack($"record {record.Id.Prefix} opened", clear.ToArray()));
                }
            }
        }

        return opened;
    }
}
