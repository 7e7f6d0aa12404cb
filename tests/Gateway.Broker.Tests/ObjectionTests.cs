using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Gateway.Broker.Disputes;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Disputes;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Tests;

/// <summary>The intake for people who are no members.</summary>
public sealed class ObjectionTests
{
    private const string Words = "I have never sold a shoe in my life";

    [Fact]
    public async Task A_stranger_s_objection_reaches_each_desk_sealed_and_nobody_else()
    {
        await using TestNetwork network = await DisputeTests.StartAsync();
        DisputesService.DisputesServiceClient stranger = new(network.Broker.Connect(null));
        ListDesksResponse desks = await stranger.ListDesksAsync(new ListDesksRequest());
        Assert.Equal(["Second Retail", "Steward Retail"], desks.Desks.Select(desk => desk.Name));
        FileObjectionRequest request = new();
        foreach (DisputeDeskKey desk in desks.Desks) request.Objections.Add(new SealedObjection { DeskId = desk.MemberId, Sealed = ByteString.CopyFrom(ObjectionBox.Seal(Objection(), BoxPublicKey.FromBytes(desk.BoxPk.Span))) });
        string reference = (await stranger.FileObjectionAsync(request)).Reference;
        foreach (TestMember desk in new[] { network.Steward, network.Second })
        {
            WaitingObjection waiting = Assert.Single((await DisputeTests.Disputes(network, desk).ReadObjectionsAsync(new ReadObjectionsRequest())).Objections);
            Assert.Equal(reference, waiting.Reference);
            Assert.True(ObjectionBox.TryOpen(waiting.Sealed.Span, desk.Keys.Box, out Objection? opened));
            Assert.Equal(Objection(), opened);
            Assert.False(ObjectionBox.TryOpen(waiting.Sealed.Span, network.Outsider.Keys.Box, out _));
        }

        Assert.Empty((await DisputeTests.Disputes(network, network.Outsider).ReadObjectionsAsync(new ReadObjectionsRequest())).Objections);
        ulong id = (await DisputeTests.Disputes(network, network.Steward).ReadObjectionsAsync(new ReadObjectionsRequest())).Objections[0].Id;
        Assert.Equal("OBJECTION_UNKNOWN", await CodeAsync(async () => await DisputeTests.Disputes(network, network.Outsider).CloseObjectionAsync(new CloseObjectionRequest { Id = id })));
        await DisputeTests.Disputes(network, network.Steward).CloseObjectionAsync(new CloseObjectionRequest { Id = id });
        Assert.Empty((await DisputeTests.Disputes(network, network.Steward).ReadObjectionsAsync(new ReadObjectionsRequest())).Objections);
        Assert.Single((await DisputeTests.Disputes(network, network.Second).ReadObjectionsAsync(new ReadObjectionsRequest())).Objections);
    }

    [Fact]
    public async Task What_the_form_brings_is_kept_sealed_alone()
    {
        await using TestNetwork network = await DisputeTests.StartAsync();
        using HttpClient browser = Browser(network);
        HttpResponseMessage page = await browser.GetAsync("/dispute");
        string html = await page.Content.ReadAsStringAsync();
        Assert.Contains("reaches the broker's server in clear", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("default-src 'none'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        HttpResponseMessage answer = await browser.PostAsync("/dispute", Form(("statement", Words), ("email", "me@shop.example"), ("ground", "1"), ("contact", "<me>")));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        WaitingObjection waiting = Assert.Single((await DisputeTests.Disputes(network, network.Steward).ReadObjectionsAsync(new ReadObjectionsRequest())).Objections);
        Assert.Contains(waiting.Reference, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.True(ObjectionBox.TryOpen(waiting.Sealed.Span, network.Steward.Keys.Box, out Objection? opened));
        Assert.Equal((Words, "me@shop.example", DisputeGround.WrongParty, "<me>"), (opened.Statement, opened.Party.Identifiers.Single().Value, opened.Ground, opened.Contact));
        await network.Broker.StopServingAsync();
        foreach (string file in Directory.GetFiles(network.Broker.Options.Directory, "*", SearchOption.AllDirectories))
        {
            byte[] bytes = await ReadSharedAsync(file);
            Assert.True(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Words)) < 0, $"{file} holds the objector's words.");
        }
    }

    [Theory]
    [InlineData("application/json", "{", 400, "MESSAGE_UNREADABLE")]
    [InlineData("application/json", "[]", 400, "MESSAGE_UNREADABLE")]
    [InlineData("application/json", "{\"objections\": 7}", 400, "MESSAGE_UNREADABLE")]
    [InlineData("application/json", "{\"objections\": [{\"deskId\": \"%%\"}]}", 400, "MESSAGE_UNREADABLE")]
    [InlineData("application/json", "{}", 400, "OBJECTION_EMPTY")]
    [InlineData("application/json", "{\"objections\": [{\"deskId\": \"AAAAAAAAAAAAAAAAAAAAAA==\", \"sealed\": \"AAAA\"}]}", 400, "OBJECTION_DESK")]
    [InlineData("application/x-www-form-urlencoded", "statement=no+name", 400, "fill in")]
    [InlineData("application/x-www-form-urlencoded", "", 400, "fill in")]
    [InlineData("text/plain", "hello", 400, "neither a form")]
    [InlineData("multipart/form-data; boundary=x", "--x--", 400, "neither a form")]
    public async Task What_is_no_objection_is_refused_with_the_reason(string type, string body, int status, string says)
    {
        await using TestNetwork network = await DisputeTests.StartAsync();
        using HttpClient browser = Browser(network);
        await AssertRefusedAsync(browser, type, Encoding.UTF8.GetBytes(body), status, says);
        Assert.Empty((await DisputeTests.Disputes(network, network.Steward).ReadObjectionsAsync(new ReadObjectionsRequest())).Objections);
    }

    [Fact]
    public async Task Huge_deep_and_garbled_bodies_are_refused_and_cost_the_broker_nothing()
    {
        await using TestNetwork network = await DisputeTests.StartAsync();
        using HttpClient browser = Browser(network);
        await AssertRefusedAsync(browser, "application/json", new byte[600 * 1_024], 413, "OBJECTION_TOO_LONG");
        await AssertRefusedAsync(browser, "application/x-www-form-urlencoded", Encoding.ASCII.GetBytes("name=x&statement=" + new string('a', 20_000)), 413, "longer than");
        await AssertRefusedAsync(browser, "application/x-www-form-urlencoded", Encoding.ASCII.GetBytes(string.Join('&', Enumerable.Range(0, 1_000).Select(i => $"a{i}=b"))), 400, "not text");
        await AssertRefusedAsync(browser, "application/json", Encoding.ASCII.GetBytes(new string('[', 100_000)), 400, "MESSAGE_UNREADABLE");
        await AssertRefusedAsync(browser, "application/json", Encoding.ASCII.GetBytes("{\"x\":" + string.Concat(Enumerable.Repeat("{\"x\":", 20_000))), 400, "MESSAGE_UNREADABLE");
        await AssertRefusedAsync(browser, "application/json", [0xFF, 0xFE, 0x7B, 0x00], 400, "MESSAGE_UNREADABLE");
        await AssertRefusedAsync(browser, "application/x-www-form-urlencoded", [0x6E, 0x3D, 0xC3, 0x28], 400, "not text");
        Random random = new(7);
        for (int i = 0; i < 200; i++)
        {
            byte[] noise = new byte[random.Next(2_000)];
            random.NextBytes(noise);
            using HttpResponseMessage answer = await PostAsync(browser, i % 2 == 0 ? "application/json" : "application/x-www-form-urlencoded", noise);
            Assert.InRange((int)answer.StatusCode, 400, 499);
        }

        Assert.Equal(HttpStatusCode.OK, (await browser.PostAsync("/dispute", Form(("statement", Words), ("name", "A Person")))).StatusCode);
    }

    [Fact]
    public async Task A_flood_of_one_address_is_stopped_and_an_objection_is_forgotten_after_half_a_year()
    {
        await using TestNetwork network = await DisputeTests.StartAsync();
        using HttpClient browser = Browser(network);
        FormUrlEncodedContent Another() => Form(("statement", Words), ("name", "A Person"));
        for (int i = 0; i < 5; i++) Assert.Equal(HttpStatusCode.OK, (await browser.PostAsync("/dispute", Another())).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await browser.PostAsync("/dispute", Another())).StatusCode);
        network.Broker.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(HttpStatusCode.OK, (await browser.PostAsync("/dispute", Another())).StatusCode);
        network.Broker.Time.Advance(ObjectionIntake.Retention - TimeSpan.FromMinutes(30));
        Assert.Equal(10, await network.Broker.Core.Objections.ForgetAsync(CancellationToken.None));
        Assert.Single((await network.Broker.Core.Objections.ReadAsync(network.Steward.Id, 0, CancellationToken.None)));
    }

    [Fact]
    public async Task Strangers_fill_an_inbox_in_part_members_the_rest_and_a_full_one_keeps_no_dispute_from_being_opened()
    {
        await using TestNetwork network = await DisputeTests.StartAsync();
        TestMember third = await DisputeTests.ThirdAsync(network);
        await FillAsync(network, ObjectionIntake.MostWaiting - ObjectionIntake.KeptForMembers - 1);
        await network.Broker.Core.Objections.SealAndFileAsync(IPAddress.Loopback, Objection(), CancellationToken.None);
        RefusalException full = await Assert.ThrowsAsync<RefusalException>(() => network.Broker.Core.Objections.SealAndFileAsync(IPAddress.Loopback, Objection(), CancellationToken.None));
        Assert.Equal("INTAKE_FULL", full.Refusal.Code);
        await OpenAsync(network, third, await DisputeTests.PublishAsync(network));
        Assert.Equal(ObjectionIntake.MostWaiting - ObjectionIntake.KeptForMembers + 1, await WaitingAsync(network));
        await FillAsync(network, ObjectionIntake.KeptForMembers - 1);
        SealedRecord record = await DisputeTests.PublishAsync(network);
        await OpenAsync(network, third, record);
        Assert.Equal(ObjectionIntake.MostWaiting, await WaitingAsync(network));
        Assert.True((await network.Broker.Core.Store.Disputes.FindAsync(record.Id, CancellationToken.None)) is { State.IsOpen: true });
    }

    [Fact]
    public async Task A_member_has_one_objection_for_a_record_and_desk_and_files_so_many_a_day()
    {
        await using TestNetwork network = await DisputeTests.StartAsync();
        TestMember third = await DisputeTests.ThirdAsync(network), fourth = await TestMember.EnrolAsync(network.Broker, "Fourth Retail", MemberRole.Retailer);
        await network.NextEpochAsync(fourth);
        SealedRecord record = await DisputeTests.PublishAsync(network), other = await DisputeTests.PublishAsync(network);
        for (int i = 0; i < ObjectionIntake.FiledADayByMember; i++) await OpenAsync(network, third, record);
        Assert.Equal(1, await WaitingAsync(network));
        Assert.Equal("RATE_LIMITED", (await Assert.ThrowsAsync<RefusalException>(() => OpenAsync(network, third, other))).Refusal.Code);
        Assert.Null(await network.Broker.Core.Store.Disputes.FindAsync(other.Id, CancellationToken.None));
        Assert.Equal(1, await WaitingAsync(network));

        // Another member has its own.
        await OpenAsync(network, fourth, record);
        await OpenAsync(network, fourth, other);
        Assert.Equal(3, await WaitingAsync(network));
    }

    [Fact]
    public async Task Whoever_has_one_address_of_a_network_has_its_64_bits_and_files_as_one()
    {
        await using TestNetwork network = await DisputeTests.StartAsync();
        Task FileAsync(string address) => network.Broker.Core.Objections.SealAndFileAsync(IPAddress.Parse(address), Objection(), CancellationToken.None);
        for (int i = 1; i <= 5; i++) await FileAsync($"2001:db8::{i}");
        Assert.Equal("RATE_LIMITED", (await Assert.ThrowsAsync<RefusalException>(() => FileAsync("2001:db8::6"))).Refusal.Code);
        await FileAsync("2001:db8:0:1::1");
    }

    [Fact]
    public async Task Without_a_desk_nothing_is_taken()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        using HttpClient browser = Browser(network);
        Assert.Equal(HttpStatusCode.Conflict, (await browser.PostAsync("/dispute", Form(("statement", Words), ("name", "A Person")))).StatusCode);
        Assert.Empty((await new DisputesService.DisputesServiceClient(network.Broker.Connect(null)).ListDesksAsync(new ListDesksRequest())).Desks);
    }

    private static async Task FillAsync(TestNetwork network, int count) => await network.Broker.Core.Store.Disputes.AddObjectionsAsync(
        [.. Enumerable.Range(0, count).Select(_ => new Gateway.Storage.Broker.StoredObjection(network.Steward.Id, "0", network.Broker.Time.GetUtcNow(), null, [1]))], CancellationToken.None);

    private static async Task<int> WaitingAsync(TestNetwork network) => (await network.Broker.Core.Store.Disputes.CountObjectionsAsync(CancellationToken.None))[network.Steward.Id];

    private static async Task OpenAsync(TestNetwork network, TestMember member, SealedRecord record)
    {
        OpenDisputeRequest request = DisputeTests.Open(record);
        request.Objections.Add(new SealedObjection { DeskId = network.Steward.Id.ToByteString(), Sealed = ByteString.CopyFrom(new byte[100]) });
        await network.Broker.Core.Disputes.OpenAsync(member.Id, request, CancellationToken.None);
    }

    private static Objection Objection() => new() { Statement = Words, Contact = "me@shop.example", Ground = DisputeGround.Untrue, Party = new Party { Name = "A Person" } };

    private static HttpClient Browser(TestNetwork network) => new(network.Broker.NewHandler(null)) { BaseAddress = new Uri(network.Broker.Address) };

    private static FormUrlEncodedContent Form(params (string Key, string Value)[] fields) => new(fields.Select(field => KeyValuePair.Create(field.Key, field.Value)));

    private static Task<HttpResponseMessage> PostAsync(HttpClient browser, string type, byte[] body)
    {
        ByteArrayContent content = new(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return browser.PostAsync("/dispute", content);
    }

    private static async Task AssertRefusedAsync(HttpClient browser, string type, byte[] body, int status, string says)
    {
        using HttpResponseMessage answer = await PostAsync(browser, type, body);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(says, text, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task<byte[]> ReadSharedAsync(string file)
    {
        using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using MemoryStream bytes = new();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    private static async Task<string> CodeAsync(Func<Task> call) => (await Assert.ThrowsAsync<RpcException>(call)).ToRefusal("broker").Code;
}
