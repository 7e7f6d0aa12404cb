using Gateway.Storage.Broker;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Conformance;

/// <summary>Certificates issued and denied, and the numbers of the signed lists.</summary>
public abstract partial class BrokerStoreConformance
{
    [Fact]
    public async Task Certificates_are_listed_until_their_holder_gets_another_after_their_end()
    {
        await using IBrokerStore store = await OpenAsync();
        await store.Certificates.AddIssuedAsync(Certificate(1, "b", Noon), None);
        await store.Certificates.AddIssuedAsync(Certificate(2, "a", Noon.AddHours(12)), None);
        await store.Certificates.AddIssuedAsync(Certificate(3, "a", Noon), None);
        Assert.Equivalent(new[] { Certificate(3, "a", Noon), Certificate(2, "a", Noon.AddHours(12)), Certificate(1, "b", Noon) }, await store.Certificates.ReadIssuedAsync(None), strict: true);
        await store.Certificates.AddIssuedAsync(Certificate(4, "a", Noon.AddHours(24)), None);
        Assert.Equal([2, 4, 1], (await store.Certificates.ReadIssuedAsync(None)).Select(certificate => certificate.Serial[0]));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.Certificates.AddIssuedAsync(Certificate(4, "c", Noon), None));
    }

    [Fact]
    public async Task A_denied_key_stays_denied_until_its_certificate_has_ended()
    {
        await using IBrokerStore store = await OpenAsync();
        await store.Certificates.DenyAsync(Denied(1), None);
        await store.Certificates.DenyAsync(Denied(1) with { Operator = "bob" }, None);
        await store.Certificates.DenyAsync(Denied(2) with { DeniedAt = Noon.AddMinutes(-1) }, None);
        Assert.Equivalent(new[] { Denied(2) with { DeniedAt = Noon.AddMinutes(-1) }, Denied(1) }, await store.Certificates.ReadDeniedAsync(Noon, None), strict: true);
        Assert.Empty(await store.Certificates.ReadDeniedAsync(Noon.AddDays(1), None));
    }

    [Fact]
    public async Task The_numbers_of_deny_lists_only_rise_whoever_writes()
    {
        await using IBrokerStore store = await OpenAsync();
        Assert.Null(await store.Certificates.ReadDenyListAsync(None));
        Assert.True(await store.Certificates.TryAddDenyListAsync(new StoredDenyList(3, [1], [2]), None));
        Assert.False(await store.Certificates.TryAddDenyListAsync(new StoredDenyList(3, [9], [9]), None));
        Assert.False(await store.Certificates.TryAddDenyListAsync(new StoredDenyList(2, [9], [9]), None));
        Assert.Equivalent(new StoredDenyList(3, [1], [2]), await store.Certificates.ReadDenyListAsync(None), strict: true);
        bool[] won = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i => await store.Certificates.TryAddDenyListAsync(new StoredDenyList(4, [(byte)i], [2]), None)));
        Assert.Single(won, taken => taken);
        Assert.Equal(4UL, (await store.Certificates.ReadDenyListAsync(None))!.Number);
    }

    private static StoredCertificate Certificate(int number, string name, DateTimeOffset issued) =>
        new([(byte)number], "spiffe://test/" + name, Bytes("key", number, 32), Bytes("authority", 1, 32), issued, issued.AddDays(1));

    private static DeniedCertificate Denied(int number) => new(Bytes("key", number, 32), "spiffe://test/a", "ann", "stolen", Noon, Noon.AddDays(1));
}
