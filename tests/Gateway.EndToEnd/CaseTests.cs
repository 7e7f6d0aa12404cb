using System.Security.Cryptography;
using System.Text;
using Gateway.Node.Cases;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Shared;
using Gateway.Storage.Node;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.EndToEnd;

/// <summary>Questions about records, answers, attachments and referrals, over a real broker and real nodes.</summary>
public sealed class CaseTests
{
    private const string Question = "Which warehouse did the consignment of the seventh leave from?", Answer = "Hall nine on the harbour road, gate four.", Identifier = "hidden-warehouse@bad-shoes.example";

    [Fact]
    public async Task A_question_is_answered_with_an_attachment_and_referred_to_the_police_and_each_end_has_logged_what_it_gave_and_got()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode asker = await network.AddNodeAsync("asker", MemberRole.Customs), contributor = await network.AddNodeAsync("contributor-ltd", MemberRole.Retailer), police = await network.AddNodeAsync("police", MemberRole.Police);
        await network.CreateCircleAsync("acx", asker, contributor);
        ByteString record = await PublishAsync(contributor, asker, "case-1");

        ulong asked = await WriteAsync(asker, draft => draft.RecordId = record, Question);
        CaseLine theirs = await UntilAsync(contributor, line => line.Unread == 1, "the question");
        Assert.Equal((CaseRole.Contributor, "asker", "case-1", record), (theirs.Role, theirs.With, theirs.Reference, theirs.RecordId));
        Assert.Equal(Question, Assert.Single(await ShowAsync(contributor, theirs.CaseId)).Text);
        Assert.Equal(0u, (await UntilAsync(contributor, line => line.CaseId == theirs.CaseId, "the case")).Unread);

        byte[] photo = RandomNumberGenerator.GetBytes(600_000); // Three chunks.
        await WriteAsync(contributor, draft => draft.CaseId = theirs.CaseId, Answer, ("label.jpg", photo), new CaseIdentifier { Type = 1, Value = Identifier });
        CaseLine mine = await UntilAsync(asker, line => line.Unread == 1, "the answer");
        Assert.Equal((asked, CaseRole.Asker, "", ByteString.Empty), (mine.CaseId, mine.Role, mine.With, mine.WithMemberId));
        await UntilMessagesAsync(asker, asked, lines => lines.Count == 2 && lines[1].Attachments[0] is { Chunks: 3, ChunksDone: 3 }, "the attachment");
        List<CaseMessageLine> thread = await ShowAsync(asker, asked);
        Assert.Equal([(true, Question), (false, Answer)], thread.Select(line => (line.Own, line.Text)));
        Assert.Equal((1u, Identifier), (thread[1].Identifiers[0].Type, thread[1].Identifiers[0].Value));
        Assert.Equal(photo, await asker.Casework.ReadAttachmentAsync(thread[1].MessageId));
        await UntilMessagesAsync(contributor, theirs.CaseId, lines => lines[1].State == CaseMessageState.Delivered, "the delivery");

        // To the police, who asks on; the contributor hears nothing of it.
        ulong referred = await WriteAsync(asker, draft => draft.Referral = new CaseReferralDraft { CaseId = asked, To = "police", MessageIds = { thread[1].MessageId } }, "For your file.");
        CaseLine atPolice = await UntilAsync(police, line => line.Unread == 1, "the referral");
        Assert.Equal((CaseRole.Referred, "asker", record), (atPolice.Role, atPolice.With, atPolice.RecordId));
        await UntilMessagesAsync(police, atPolice.CaseId, lines => lines[0].Attachments.Single() is { Chunks: 3, ChunksDone: 3 }, "the referred attachment");
        CaseMessageLine handedOn = Assert.Single(await ShowAsync(police, atPolice.CaseId));
        ReferredCaseMessageLine part = Assert.Single(handedOn.Referred);
        Assert.Equal((true, true, false, Answer), (part.FromContributor, part.Verified, part.KeyInLog, part.Text)); // It is not in the circle, so it holds no record to compare with.
        Assert.Equal(photo, await police.Casework.ReadAttachmentAsync(handedOn.MessageId));
        await WriteAsync(police, draft => draft.CaseId = atPolice.CaseId, "Who was the driver?");
        await UntilMessagesAsync(asker, referred, lines => lines.Count == 2 && lines[1].Text == "Who was the driver?", "the question of the police");

        // What one end gave, the other got: by the same hashes.
        List<CaseDisclosure> atAsker = await asker.Casework.DisclosuresAsync(), atContributor = await contributor.Casework.DisclosuresAsync(), atThePolice = await police.Casework.DisclosuresAsync();
        Assert.Equal(["MESSAGE", "IDENTIFIER", "ATTACHMENT"], atContributor.Where(one => !one.Received).Select(one => one.Kind));
        Assert.Equal(Sums(atContributor, received: false), Sums(atAsker, received: true, thread: atContributor[0].Thread));
        Assert.Equal(Sums(atThePolice, received: true), Sums(atAsker, received: false, thread: atThePolice[0].Thread));
        Assert.Contains(atThePolice, one => one.Kind == "REFERRAL" && one.OtherEnd == $"member {asker.Member}");
        Assert.All(atAsker.Where(one => one.Received && one.Thread == atContributor[0].Thread), one => Assert.Equal($"contributor of record {Convert.ToHexStringLower(record.Span)}", one.OtherEnd));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(photo)), atContributor.Single(one => one.Kind == "ATTACHMENT").Hash);

        // Who contributed is in nothing that asker and police keep of it.
        NetworkMember named = asker.Services.GetRequiredService<Func<Gateway.Node.Feed.NodeView>>()().State.Members[contributor.Member];
        byte[][] names = [contributor.Member.ToArray(), Encoding.UTF8.GetBytes(contributor.Member.ToString()), Encoding.UTF8.GetBytes("contributor-ltd"), named.MemberKey.ToArray(), named.BoxKey.ToArray(), named.NodeKey.ToArray()];
        foreach (byte[] kept in (await KeptOfCasesAsync(asker)).Concat(await KeptOfCasesAsync(police))) Assert.All(names, name => Assert.True(kept.AsSpan().IndexOf(name) < 0));
        Assert.Contains(await KeptOfCasesAsync(contributor), kept => kept.AsSpan().IndexOf(asker.Member.ToArray()) >= 0); // The search finds what is there.

        // The broker never had the words, and the disks have them sealed.
        await network.StopBrokerAsync();
        foreach (LocalNode node in (LocalNode[])[asker, contributor, police]) await node.StopAsync();
        byte[][] said = [.. new[] { Question, Answer, Identifier, "For your file." }.Select(Encoding.UTF8.GetBytes), photo[..64]];
        foreach (string folder in (string[])[network.Options.Directory, asker.Directory.Path, contributor.Directory.Path, police.Directory.Path]) AssertAbsent(folder, said);
    }

    [Fact]
    public async Task A_question_waits_for_a_contributor_that_is_away_and_the_withdrawal_of_the_record_closes_its_cases()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode asker = await network.AddNodeAsync("asker", MemberRole.Customs), contributor = await network.AddNodeAsync("contributor", MemberRole.Retailer);
        await network.CreateCircleAsync("acx", asker, contributor);
        ByteString record = await PublishAsync(contributor, asker, "case-1");
        await contributor.StopAsync();
        ulong asked = await WriteAsync(asker, draft => draft.RecordId = record, Question);
        await UntilMessagesAsync(asker, asked, lines => lines[0].State == CaseMessageState.Waiting, "the broker");
        await network.StopBrokerAsync();
        await network.StartBrokerAsync();
        await WriteAsync(asker, draft => draft.CaseId = asked, "And from which gate?");
        await contributor.StartAsync();
        CaseLine theirs = await UntilAsync(contributor, line => line.Messages == 2, "both questions");
        Assert.Equal([(1u, Question), (2u, "And from which gate?")], (await ShowAsync(contributor, theirs.CaseId)).Select(line => (line.Counter, line.Text)));
        await UntilMessagesAsync(asker, asked, lines => lines.All(line => line.State == CaseMessageState.Delivered), "the deliveries");

        await contributor.Contributions.WithdrawRecordAsync(new WithdrawRecordRequest { RecordId = record, Reason = WithdrawalReason.Mistake });
        Assert.Equal(CaseClosing.RecordWithdrawn, (await UntilAsync(asker, line => line.Closing != CaseClosing.Unspecified, "the closing", all: true)).Closing);
        Assert.Equal(CaseClosing.RecordWithdrawn, (await UntilAsync(contributor, line => line.Closing != CaseClosing.Unspecified, "the closing", all: true)).Closing);
        Assert.Equal("CASE_CLOSED", (await Assert.ThrowsAsync<RpcException>(() => WriteAsync(asker, draft => draft.CaseId = asked, "Still there?"))).ToRefusal("node").Code);
        Assert.Equal("CASE_RECORD_ENDED", (await Assert.ThrowsAsync<RpcException>(() => WriteAsync(asker, draft => draft.RecordId = record, Question))).ToRefusal("node").Code);
    }

    [Fact]
    public async Task Closing_tells_the_other_end_and_one_who_cannot_be_asked_is_said_at_once()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode asker = await network.AddNodeAsync("asker", MemberRole.Customs), contributor = await network.AddNodeAsync("contributor", MemberRole.Retailer);
        await network.CreateCircleAsync("acx", asker, contributor);
        ByteString record = await PublishAsync(contributor, asker, "case-1");
        Assert.Equal("CASE_OWN_RECORD", await CodeAsync(contributor, draft => draft.RecordId = record));
        Assert.Equal("RECORD_UNKNOWN", await CodeAsync(asker, draft => draft.RecordId = ByteString.CopyFrom(new byte[32])));
        Assert.Equal("CASE_UNKNOWN", await CodeAsync(asker, draft => draft.CaseId = 7));
        ulong asked = await WriteAsync(asker, draft => draft.RecordId = record, Question);
        Assert.Equal("CASE_NOT_POLICE", await CodeAsync(asker, draft => draft.Referral = new CaseReferralDraft { CaseId = asked, To = "contributor" }));
        CaseLine theirs = await UntilAsync(contributor, line => line.Unread == 1, "the question");
        await contributor.Casework.CloseCaseAsync(new CloseCaseRequest { CaseId = theirs.CaseId, By = "ben", Text = "Nothing more to say." });
        CaseLine closed = await UntilAsync(asker, line => line.Closing != CaseClosing.Unspecified, "the closing", all: true);
        Assert.Equal((CaseClosing.ByTheOtherEnd, 1u), (closed.Closing, closed.Unread));
        Assert.Equal("Nothing more to say.", (await ShowAsync(asker, asked))[1].Text);
        GetCaseworkStatusResponse status = await asker.Casework.GetCaseworkStatusAsync(new GetCaseworkStatusRequest());
        Assert.Equal((0u, 0u), (status.OpenCases, status.UnreadMessages));
    }

    private static async Task<ByteString> PublishAsync(LocalNode contributor, LocalNode reader, string reference)
    {
        ContributionOutcome published = Assert.Single(await contributor.ContributeAsync(LocalNode.Case("acx", reference, "Bad Shoes Trading GmbH", "sales@bad-shoes.example")));
        Assert.Equal(ContributionState.Published, published.State);
        await reader.UntilAsync(status => status.LiveRecords == 1, "the record");
        return published.RecordId;
    }

    private static Task<string> CodeAsync(LocalNode node, Action<CaseDraft> target) => Refused(() => WriteAsync(node, target, Question));

    private static async Task<string> Refused(Func<Task> call) => (await Assert.ThrowsAsync<RpcException>(call)).ToRefusal("node").Code;

    private static async Task<ulong> WriteAsync(LocalNode node, Action<CaseDraft> target, string text, (string Name, byte[] Content)? file = null, params CaseIdentifier[] identifiers)
    {
        CaseDraft draft = new() { Text = text, By = "ann", Identifiers = { identifiers } };
        if (file is { } attached) draft.Files.Add(new CaseFile { Name = attached.Name, Size = (ulong)attached.Content.Length });
        target(draft);
        return await node.Casework.WriteAsync(draft, file?.Content);
    }

    private static Task<List<CaseMessageLine>> ShowAsync(LocalNode node, ulong caseId, bool read = true) => node.Casework.ShowAsync(caseId, read);

    private static IEnumerable<(string, string)> Sums(List<CaseDisclosure> all, bool received, string? thread = null) =>
        all.Where(one => one.Received == received && (thread is null || one.Thread == thread)).Select(one => (one.Kind, one.Hash));

    private static async Task<CaseLine> UntilAsync(LocalNode node, Func<CaseLine, bool> holds, string what, bool all = false)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(90));
        while (true)
        {
            await CarryAsync(node);
            if ((await node.Casework.ListAsync(all)).FirstOrDefault(holds) is { } found) return found;
            if (patience.IsCancellationRequested) throw new TimeoutException($"{Path.GetFileName(node.Directory.Path)} did not reach {what}");
            await Task.Delay(50);
        }
    }

    private static async Task UntilMessagesAsync(LocalNode node, ulong caseId, Func<List<CaseMessageLine>, bool> holds, string what)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(90));
        while (!holds(await ShowAsync(node, caseId, read: false)))
        {
            if (patience.IsCancellationRequested) throw new TimeoutException($"{Path.GetFileName(node.Directory.Path)} did not reach {what}: {string.Join("; ", await ShowAsync(node, caseId, read: false))}");
            await CarryAsync(node);
            await Task.Delay(50);
        }
    }

    private static void AssertAbsent(string folder, byte[][] texts)
    {
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)) foreach (byte[] text in texts) AssertNot(file, text);
    }

    private static void AssertNot(string file, byte[] text)
    {
        if (!File.Exists(file) || File.GetAttributes(file).HasFlag(FileAttributes.Device)) return;
        try
        {
            Assert.True(File.ReadAllBytes(file).AsSpan().IndexOf(text) < 0, $"{Path.GetFileName(file)} holds what was said");
        }
        catch (IOException) when (Path.GetExtension(file) == ".sock")
        {
            // A socket is no file to read.
        }
    }

    // A round of the node's own courier, at once and not in a few seconds.
    private static async Task CarryAsync(LocalNode node)
    {
        try
        {
            await node.Services.GetRequiredService<CaseCourier>().RunOnceAsync(CancellationToken.None);
        }
        catch (RpcException)
        {
            // The broker is away; the next round tries again.
        }
    }

    // Everything that a node keeps of cases and of what was disclosed, opened.
    private static async Task<List<byte[]>> KeptOfCasesAsync(LocalNode node)
    {
        INodeStore store = node.Services.GetRequiredService<INodeStore>();
        CaseVault vault = node.Services.GetRequiredService<CaseVault>();
        List<byte[]> kept = [];
        await foreach (StoredCase row in store.Cases.ReadCasesAsync(0, CancellationToken.None))
        {
            kept.AddRange([row.Sealed, vault.Open(row).ToByteArray(), row.Thread.ToArray(), row.Record.ToArray()]);
            await foreach (StoredCaseMessage message in store.Cases.ReadMessagesAsync(row.Id, CancellationToken.None)) kept.AddRange([message.Sealed, vault.Open(message).Kept.ToByteArray(), message.Refusal ?? []]);
        }

        await foreach (AuditEntry entry in store.Audit.ReadAsync(1, CancellationToken.None)) kept.Add(entry.ToByteArray());
        return kept;
    }
}
