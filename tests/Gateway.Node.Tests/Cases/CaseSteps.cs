using Gateway.Node.Cases;
using Gateway.Node.Tests.Network;
using Gateway.Protocol.V1;
using Gateway.Shared;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Node.Tests.Cases;

/// <summary>What officers do with cases at running nodes.</summary>
internal static class CaseSteps
{
    public static async Task<ByteString> PublishAsync(RunningNode contributor, RunningNode reader, string reference = "case-1", string name = "Bad Shoes Trading GmbH")
    {
        ulong before = (await reader.Contributions.GetStatusAsync(new GetStatusRequest())).LiveRecords;
        Contribution contribution = new()
        {
            Circle = "acx",
            Reference = reference,
            Summary = new Summary { Kind = RecordKind.BadActor, EvidenceGrade = EvidenceGrade.SeizureConfirmed, Categories = { GoodsCategory.Footwear } },
            Subject = new Party { Kind = SubjectKind.Organisation, Name = name, Identifiers = { new StatedIdentifier { Type = 1, Value = $"{reference}@bad-shoes.example" } } },
        };
        using AsyncDuplexStreamingCall<ContributeRequest, ContributeResponse> call = contributor.Contributions.Contribute();
        await call.RequestStream.WriteAsync(new ContributeRequest { Contributions = { contribution } });
        await call.RequestStream.CompleteAsync();
        ByteString record = ByteString.Empty;
        while (await call.ResponseStream.MoveNext(CancellationToken.None)) record = call.ResponseStream.Current.Outcomes[^1].RecordId;
        await reader.UntilAsync(status => status.LiveRecords == before + 1);
        return record;
    }

    public static async Task<ulong> WriteAsync(RunningNode node, Action<CaseDraft> target, string text, byte[]? file = null)
    {
        CaseDraft draft = new() { Text = text, By = "ann" };
        if (file is not null) draft.Files.Add(new CaseFile { Name = "photo.jpg", Size = (ulong)file.Length });
        target(draft);
        return await node.Casework.WriteAsync(draft, file);
    }

    public static Task<List<CaseLine>> ListAsync(RunningNode node) => node.Casework.ListAsync();

    public static Task<List<CaseMessageLine>> ShowAsync(RunningNode node, ulong caseId) => node.Casework.ShowAsync(caseId);

    public static Task<byte[]> ReadAsync(RunningNode node, ulong message) => node.Casework.ReadAttachmentAsync(message);

    public static Task<List<CaseDisclosure>> DisclosuresAsync(RunningNode node) => node.Casework.DisclosuresAsync();

    /// <summary>Rounds of the nodes' own couriers, at once and not in a few seconds, until something holds.</summary>
    public static async Task CarryUntilAsync(IReadOnlyList<RunningNode> nodes, Func<Task<bool>> holds)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(120));
        while (!await holds())
        {
            Assert.False(patience.IsCancellationRequested, "it did not come to that");
            foreach (RunningNode node in nodes)
            {
                try
                {
                    await node.Services.GetRequiredService<CaseCourier>().RunOnceAsync(CancellationToken.None);
                }
                catch (RpcException)
                {
                    // Broken off, or refused for now; the next round tries again.
                }
            }
        }
    }
}
