using System.Security.Cryptography;
using System.Text;
using Gateway.Cryptography;
using Gateway.Node.Identity;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Gateway.Storage.Secrets;
using Grpc.Core;

namespace Gateway.Node.Tests.Network;

/// <summary>What a stolen disk gives away: every byte of a node's folder is looked through, while it runs and after.</summary>
public sealed class KeysAtRestTests : IDisposable
{
    private readonly SealingSecret _secret = SealingSecret.FromSecret(RandomNumberGenerator.GetBytes(32));

    public void Dispose() => _secret.Dispose();

    [Fact]
    public async Task Neither_keys_nor_identifiers_are_in_the_folder_of_a_node_that_publishes_and_screens()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        RunningNode publisher = await network.AddNodeAsync("publisher", secret: _secret), screener = await network.AddNodeAsync("screener", secret: _secret);
        await publisher.StartAsync();
        await screener.StartAsync();
        await network.CreateCircleAsync("acx", publisher, screener);

        const string published = "quartzflamingo@counterfeit-shoes.example", screened = "velvetanaconda@honest-goods.example", pending = "marblecheetah@queued.example", phone = "+4915112345678";
        const string company = "Zirkonpavian Handelsgesellschaft", street = "Wunderlichgasse", iban = "DE89370400440532013000";
        Contribution contribution = new()
        {
            Circle = "acx",
            Reference = "case-1",
            Summary = new Summary { Kind = RecordKind.BadActor, EvidenceGrade = EvidenceGrade.SeizureConfirmed, Categories = { GoodsCategory.Footwear }, Severity = Severity.High },
            Subject = new Party
            {
                Kind = SubjectKind.Organisation, Name = company, Street = street + " 17", City = "Hamburg", Postcode = "20095", Country = "DE",
                Identifiers = { new StatedIdentifier { Type = 1, Value = published }, new StatedIdentifier { Type = 2, Value = phone }, new StatedIdentifier { Type = 3, Value = iban } },
            },
        };
        Assert.Equal(ContributionState.Published, (await ContributeAsync(publisher, contribution)).State);
        await screener.UntilAsync(status => status.LiveRecords == 1);
        Assert.Equal(ScreeningDecision.Hit, (await ScreenAsync(screener, published)).Decision);
        Assert.Equal(ScreeningDecision.Cleared, (await ScreenAsync(screener, screened)).Decision);

        // A draft that waits, and identifiers that nobody has evaluated yet.
        await network.StopBrokerAsync();
        Contribution waiting = contribution.Clone();
        waiting.Reference = "case-2";
        waiting.Subject.Identifiers[0].Value = pending;
        using AsyncDuplexStreamingCall<ContributeRequest, ContributeResponse> open = publisher.Contributions.Contribute();
        await open.RequestStream.WriteAsync(new ContributeRequest { Contributions = { waiting } });
        await publisher.UntilAsync(status => status.OutboxWaiting == 1);
        Assert.Equal(ScreeningDecision.Pending, (await ScreenAsync(screener, pending, wait: 100)).Decision);

        string[] texts = [published, screened, pending, phone, phone[1..], company, "zirkonpavian", "quartzflamingo", "velvetanaconda", "marblecheetah", street, "wunderlichgasse", iban];
        List<(string What, byte[] Bytes)> sought = [.. texts.SelectMany(FormsOf)];
        foreach (RunningNode node in (RunningNode[])[publisher, screener]) sought.AddRange(SecretsOf(node.Directory));
        AssertAbsent(sought, publisher.Directory.Path, screener.Directory.Path);
        await publisher.StopAsync();
        await screener.StopAsync();
        AssertAbsent(sought, publisher.Directory.Path, screener.Directory.Path);

        // The search would find what is there: the member's own reference of the case is.
        Assert.NotEmpty(Find([("reference", "case-1"u8.ToArray())], publisher.Directory.Path));
    }

    [Fact]
    public async Task A_sealed_node_starts_by_its_secret_alone_and_after_a_rekey_by_the_new_one_with_a_new_TLS_key()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        RunningNode node = await network.AddNodeAsync("retailer", secret: _secret);
        Assert.Equal("FOLDER_SEALED", (await Assert.ThrowsAsync<RefusalException>(() => new RunningNode(new NodeDirectory(node.Directory.Path)).BuildAsync())).Refusal.Code);
        using SealingSecret passphrase = SealingSecret.FromPassphrase("a passphrase of some words"u8);
        await node.StartAsync();
        await node.UntilAsync(status => status.BrokerConnected);
        await node.StopAsync();
        string certificate = await File.ReadAllTextAsync(node.Directory.CertificateFile);
        byte[] seed = node.Directory.Secrets.Read(node.Directory.SeedFile)!;

        new NodeDirectory(node.Directory.Path, _secret).Rekey(passphrase);
        Assert.Equal("SEAL_METHOD", (await Assert.ThrowsAsync<RefusalException>(() => new RunningNode(new NodeDirectory(node.Directory.Path, _secret)).BuildAsync())).Refusal.Code);
        RunningNode rekeyed = new(new NodeDirectory(node.Directory.Path, passphrase));
        await rekeyed.StartAsync();
        await rekeyed.UntilAsync(status => status.BrokerConnected);
        Assert.NotEqual(certificate, await File.ReadAllTextAsync(node.Directory.CertificateFile));
        Assert.Equal(seed, rekeyed.Directory.Secrets.Read(node.Directory.SeedFile));
        await rekeyed.StopAsync();
    }

    private static void AssertAbsent(List<(string What, byte[] Bytes)> sought, params string[] folders)
    {
        foreach (string folder in folders) Assert.Empty(Find(sought, folder));
    }

    private static List<string> Find(List<(string What, byte[] Bytes)> sought, string folder)
    {
        List<string> found = [];
        foreach (string file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".sock", StringComparison.Ordinal) && !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[stream.Length];
            stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            found.AddRange(sought.Where(one => bytes.AsSpan().IndexOf(one.Bytes) >= 0).Select(one => $"{one.What} in {Path.GetFileName(file)}"));
        }

        return found;
    }

    // As somebody might have written it: letter case, UTF-16, hexadecimal, base64 at each of its three alignments.
    private static IEnumerable<(string What, byte[] Bytes)> FormsOf(string text)
    {
        foreach (string form in new[] { text, text.ToUpperInvariant(), text.ToLowerInvariant() }.Distinct())
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(form);
            yield return (form, utf8);
            yield return (form + " in UTF-16", Encoding.Unicode.GetBytes(form));
            foreach ((string what, byte[] bytes) in EncodingsOf(form, utf8)) yield return (what, bytes);
        }
    }

    private static IEnumerable<(string What, byte[] Bytes)> EncodingsOf(string what, byte[] bytes)
    {
        yield return (what + " in hexadecimal", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes)));
        yield return (what + " in hexadecimal", Encoding.ASCII.GetBytes(Convert.ToHexString(bytes)));
        for (int skip = 0; skip < 3; skip++)
        {
            // The digits that hold these bytes alone, whatever stands before and behind them.
            int whole = (bytes.Length - skip) / 3 * 3;
            if (whole > 6) yield return (what + " in base64", Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes, skip, whole)));
        }
    }

    private static IEnumerable<(string What, byte[] Bytes)> SecretsOf(NodeDirectory directory)
    {
        byte[] seed = directory.Secrets.Read(directory.SeedFile)!;
        using MemberKeys keys = MemberKeys.FromSeed(seed);
        using ECDsa tls = ECDsa.Create();
        tls.ImportFromPem(Encoding.ASCII.GetString(directory.Secrets.Read(directory.TlsKeyFile)!));
        List<(string What, byte[] Bytes)> secrets =
        [
            ("member seed", seed),
            ("TLS key", tls.ExportParameters(includePrivateParameters: true).D!),
            ("cache key", keys.CacheKey.ToArray()),
            ("SipHash key", keys.SipHashKey.ToArray()),
            .. new[] { "member-key", "node-key", "box-key", "source" }.Select(label => (label, Hkdf.DeriveKey(seed, "gateway/v1/" + label))),
        ];
        return [.. secrets.SelectMany(secret => EncodingsOf(secret.What, secret.Bytes).Append(secret)), ("PEM", "PRIVATE KEY"u8.ToArray())];
    }

    private static async Task<ContributionOutcome> ContributeAsync(RunningNode node, Contribution contribution)
    {
        using AsyncDuplexStreamingCall<ContributeRequest, ContributeResponse> call = node.Contributions.Contribute();
        await call.RequestStream.WriteAsync(new ContributeRequest { Contributions = { contribution } });
        await call.RequestStream.CompleteAsync();
        ContributionOutcome? last = null;
        await foreach (ContributeResponse response in call.ResponseStream.ReadAllAsync()) last = response.Outcomes.LastOrDefault() ?? last;
        return last!;
    }

    private static async Task<ScreeningResult> ScreenAsync(RunningNode node, string email, uint wait = 60_000) => (await node.Screening.ScreenAsync(new ScreenRequest
    {
        WaitMilliseconds = wait,
        Shipment = new Shipment { Id = "S1", Parties = { new ShipmentParty { Role = PartyRole.Consignor, Party = new Party { Kind = SubjectKind.Organisation, Identifiers = { new StatedIdentifier { Type = 1, Value = email } } } } } },
    })).Result;
}
