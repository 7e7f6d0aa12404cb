using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Tests;

/// <summary>What anyone may read of the log, by a plain HTTP client without a certificate.</summary>
public sealed class PublicLogTests
{
    [Fact]
    public async Task Anyone_rebuilds_the_log_from_its_bundles_and_tiles_without_a_certificate()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        using HttpClient stranger = Stranger(network.Broker);
        for (int i = 0; i < 300; i += 100) await network.PublishAsync(network.Steward, [.. Enumerable.Range(0, 100).Select(_ => network.Seal(network.Steward).Submission)]);
        byte[] note = await stranger.GetByteArrayAsync(new Uri("checkpoint", UriKind.Relative));
        Checkpoint checkpoint = Verifier(network.Broker).Open(note, out string? fault) ?? throw new InvalidOperationException(fault);
        Assert.Equal(network.Broker.Core.Signal.Size, checkpoint.Size);
        Assert.True(checkpoint.Size > 300);
        List<byte[]> leaves = [];
        TileAudit audit = new(new HttpSource(stranger), checkpoint.Size);
        Assert.Equal(checkpoint.Root, await audit.RunAsync(0, MerkleHash.EmptyRoot, (_, leaf) => leaves.Add(leaf.ToArray()), CancellationToken.None));
        Assert.All(leaves, leaf => Assert.True(LeafData.IsWellFormed(leaf)));

        // The Genesis entry opens its leaf and names the key; the other entries stay hidden.
        byte[] genesis = await stranger.GetByteArrayAsync(new Uri("genesis", UriKind.Relative));
        Assert.Equal(network.Broker.GenesisHash, NetworkState.HashGenesis(genesis.AsSpan(16)));
        Assert.True(LeafData.CommitsTo(leaves[0], genesis.AsSpan(0, 16), genesis.AsSpan(16)));
    }

    [Fact]
    public async Task Tiles_are_for_caches_and_the_checkpoint_is_not()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        using HttpClient stranger = Stranger(broker);
        ulong size = broker.Core.Signal.Size;
        foreach (string path in (string[])[$"tile/0/000.p/{size}", $"tile/entries/000.p/{size}", "tile/0/000.p/1", "genesis"])
        {
            using HttpResponseMessage tile = await stranger.GetAsync(new Uri(path, UriKind.Relative));
            Assert.Equal((HttpStatusCode.OK, "application/octet-stream", true, TimeSpan.FromDays(365)), (tile.StatusCode, tile.Content.Headers.ContentType!.MediaType, tile.Headers.CacheControl!.Public, tile.Headers.CacheControl.MaxAge));
        }

        using HttpResponseMessage checkpoint = await stranger.GetAsync(new Uri("checkpoint", UriKind.Relative));
        Assert.Equal(("text/plain", true), (checkpoint.Content.Headers.ContentType!.MediaType, checkpoint.Headers.CacheControl!.NoStore));
        using HttpResponseMessage head = await stranger.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"tile/0/000.p/{size}"));
        Assert.Equal((HttpStatusCode.OK, (long)size * 32), (head.StatusCode, head.Content.Headers.ContentLength));
    }

    [Fact]
    public async Task There_is_nothing_beyond_the_tree_and_nothing_under_another_spelling()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        using HttpClient stranger = Stranger(broker);
        ulong size = broker.Core.Signal.Size;
        foreach (string path in (string[])
        [
            "tile/0/000", $"tile/0/000.p/{size + 1}", "tile/0/001.p/1", "tile/1/000.p/1", "tile/0/x001/000.p/1", "tile/entries/000", $"tile/entries/000.p/{size + 1}", "tile/entries/001.p/1", "tile/0/0.p/1", "tile/0/000.p/01",
            "tile/8/000.p/1", "tile/-1/000", "tile/", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/x999/x999/x999/x999/x999/x999/999",
        ])
        {
            using HttpResponseMessage answer = await stranger.GetAsync(new Uri(path, UriKind.Relative));
            Assert.Equal((HttpStatusCode.NotFound, path, true), (answer.StatusCode, path, answer.Headers.CacheControl?.NoStore));
        }
    }

    [Fact]
    public async Task An_address_that_asks_too_much_is_told_when_to_come_back()
    {
        await using TestBroker broker = await TestBroker.StartAsync(change: options => options with { PublicRequestsPerSecond = 2 });
        using HttpClient stranger = Stranger(broker);
        for (int i = 0; i < 8; i++) Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync(new Uri("checkpoint", UriKind.Relative))).StatusCode);
        using HttpResponseMessage refused = await stranger.GetAsync(new Uri("checkpoint", UriKind.Relative));
        Assert.Equal((HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(1)), (refused.StatusCode, refused.Headers.RetryAfter!.Delta));
        broker.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync(new Uri("checkpoint", UriKind.Relative))).StatusCode);
    }

    [Fact]
    public async Task Cosignatures_stand_on_the_checkpoint_go_to_the_other_members_and_survive_a_restart()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestBroker broker = network.Broker;
        LogHead head = (await broker.Core.Store.ReadHeadAsync(CancellationToken.None))!;
        ExchangeCosignaturesResponse alone = await ExchangeAsync(network, network.Steward, Cosign(head.Note, network.Steward, broker.Time));
        Assert.Empty(alone.CosignedCheckpoints);
        ExchangeCosignaturesResponse other = await ExchangeAsync(network, network.Second, Cosign(head.Note, network.Second, broker.Time));
        CosignedCheckpoint relayed = Open(broker, Assert.Single(other.CosignedCheckpoints).Span, network.Steward)!;
        Assert.Equal((network.Steward.Id, head.Size), (relayed.Member, relayed.Checkpoint.Size));
        Assert.Empty((await ExchangeAsync(network, network.Second, [], other.Last)).CosignedCheckpoints);
        Assert.Single((await ExchangeAsync(network, network.Steward, [], alone.Last)).CosignedCheckpoints);

        using HttpClient stranger = Stranger(broker);
        await RequireCosignedAsync(stranger);
        await broker.RestartAsync();
        using HttpClient later = Stranger(broker);
        await RequireCosignedAsync(later);
        Assert.Equal(2, JsonSerializer.Deserialize<string[]>(await later.GetStringAsync(new Uri("cosignatures", UriKind.Relative)))!.Length);

        async Task RequireCosignedAsync(HttpClient client)
        {
            Assert.True(SignedNote.TryParse(await client.GetByteArrayAsync(new Uri("checkpoint", UriKind.Relative)), out SignedNote? note, out _));
            Assert.Equal(3, note.Signatures.Count);
            foreach (TestMember member in (TestMember[])[network.Steward, network.Second]) Assert.True(note.IsSignedBy(new Cosigner(TestBroker.Network, member.Id, member.Keys.Node.PublicKey)));
        }
    }

    [Fact]
    public async Task A_cosignature_that_does_not_hold_is_refused()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        byte[] note = (await network.Broker.Core.Store.ReadHeadAsync(CancellationToken.None))!.Note;
        byte[] own = Cosign(note, network.Steward, network.Broker.Time);
        byte[] unsigned = Encoding.UTF8.GetBytes(string.Join('\n', Encoding.UTF8.GetString(own).Split('\n').Where(line => !line.StartsWith($"\u2014 {TestBroker.Network} ", StringComparison.Ordinal))));
        await RequireRefusedAsync("COSIGNATURE_INVALID", unsigned);
        await RequireRefusedAsync("COSIGNATURE_INVALID", note);
        await RequireRefusedAsync("COSIGNATURE_INVALID", [1, 2, 3]);
        await RequireRefusedAsync("COSIGNATURE_OF_ANOTHER", Cosign(note, network.Second, network.Broker.Time));
        Assert.True(SignedNote.TryParse(note, out SignedNote? parsed, out _));
        await RequireRefusedAsync("COSIGNATURE_INVALID", parsed.SignedAlsoBy(new CosignatureSigner(TestBroker.Network, network.Steward.Id, network.Second.Keys.Node, network.Broker.Time)).ToBytes());
        Assert.Null(network.Broker.Core.Sequencer.Halted);

        async Task RequireRefusedAsync(string code, byte[] cosigned)
        {
            RpcException refused = await Assert.ThrowsAsync<RpcException>(() => ExchangeAsync(network, network.Steward, cosigned));
            Assert.Equal(code, refused.ToRefusal("broker").Code);
        }
    }

    [Fact]
    public async Task A_broker_that_is_shown_its_own_signature_under_another_history_appends_nothing_any_more()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        using SigningKey logKey = SigningKey.FromSeed(File.ReadAllBytes(network.Broker.Options.Files.LogSeed));
        byte[] foreign = SignedNote.Sign(new Checkpoint(TestBroker.Network, network.Broker.Core.Signal.Size + 1, MerkleHash.EmptyRoot).ToText(), new LogSigner(TestBroker.Network, logKey)).ToBytes();
        RpcException told = await Assert.ThrowsAsync<RpcException>(() => ExchangeAsync(network, network.Steward, Cosign(foreign, network.Steward, network.Broker.Time)));
        Assert.Equal(("LOG_HALTED", StatusCode.DataLoss), (told.ToRefusal("broker").Code, told.StatusCode));
        ulong size = network.Broker.Core.Signal.Size;
        Assert.Equal("LOG_HALTED", (await network.RefusedAsync(network.Steward, network.Seal(network.Steward).Submission)).Code);
        Assert.Equal(size, network.Broker.Core.Signal.Size);
        Assert.NotEmpty(await network.ReadFeedAsync(network.Steward)); // What is in the log is served on.
    }

    private static byte[] Cosign(byte[] note, TestMember member, TimeProvider time)
    {
        Assert.True(SignedNote.TryParse(note, out SignedNote? parsed, out _));
        return parsed.SignedAlsoBy(new CosignatureSigner(TestBroker.Network, member.Id, member.Keys.Node, time)).ToBytes();
    }

    private static CosignedCheckpoint? Open(TestBroker broker, ReadOnlySpan<byte> note, TestMember member) =>
        CosignedCheckpoint.Open(note, Verifier(broker), TestBroker.Network, id => id == member.Id ? member.Keys.Node.PublicKey : null, out _);

    private static async Task<ExchangeCosignaturesResponse> ExchangeAsync(TestNetwork network, TestMember member, byte[] note, ulong after = 0) =>
        await new WitnessService.WitnessServiceClient(member.Connect(network.Broker)).ExchangeCosignaturesAsync(new ExchangeCosignaturesRequest { CosignedCheckpoint = ByteString.CopyFrom(note), After = after });

    private static LogVerifier Verifier(TestBroker broker) => new(TestBroker.Network, VerifyingKey.FromBytes(broker.Core.View.Current.Genesis!.LogPk.Span));

    private static HttpClient Stranger(TestBroker broker) => new(broker.NewHandler(null)) { BaseAddress = new Uri(broker.Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal) + "/") };

    private sealed class HttpSource(HttpClient http) : ITileSource
    {
        public Task<byte[]> ReadTileAsync(TileId id, int width, CancellationToken cancellation) => http.GetByteArrayAsync(new Uri(id.ToPath(width), UriKind.Relative), cancellation);

        public Task<byte[]> ReadBundleAsync(ulong index, int width, CancellationToken cancellation) => http.GetByteArrayAsync(new Uri(EntryBundle.ToPath(index, width), UriKind.Relative), cancellation);
    }
}
