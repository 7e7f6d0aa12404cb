using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Shared;

/// <summary>What tests ask of the cases of a node, whole.</summary>
internal static class CaseCalls
{
    /// <summary>Writes a message with at most one file, whose content comes with it. Returns the case.</summary>
    public static async Task<ulong> WriteAsync(this CaseworkService.CaseworkServiceClient node, CaseDraft draft, byte[]? content = null)
    {
        using AsyncClientStreamingCall<ComposeCaseMessageRequest, ComposeCaseMessageResponse> call = node.ComposeCaseMessage();
        await call.RequestStream.WriteAsync(new ComposeCaseMessageRequest { Draft = draft });
        if (content is not null) await call.RequestStream.WriteAsync(new ComposeCaseMessageRequest { Data = ByteString.CopyFrom(content) });
        await call.RequestStream.CompleteAsync();
        return (await call.ResponseAsync).CaseId;
    }

    public static async Task<List<CaseLine>> ListAsync(this CaseworkService.CaseworkServiceClient node, bool all = true)
    {
        List<CaseLine> lines = [];
        using AsyncServerStreamingCall<ListCasesResponse> call = node.ListCases(new ListCasesRequest { All = all });
        await foreach (ListCasesResponse page in call.ResponseStream.ReadAllAsync()) lines.AddRange(page.Cases);
        return lines;
    }

    public static async Task<List<CaseMessageLine>> ShowAsync(this CaseworkService.CaseworkServiceClient node, ulong caseId, bool markRead = false)
    {
        List<CaseMessageLine> lines = [];
        using AsyncServerStreamingCall<ShowCaseResponse> call = node.ShowCase(new ShowCaseRequest { CaseId = caseId, MarkRead = markRead });
        await foreach (ShowCaseResponse page in call.ResponseStream.ReadAllAsync()) lines.AddRange(page.Messages);
        return lines;
    }

    public static async Task<byte[]> ReadAttachmentAsync(this CaseworkService.CaseworkServiceClient node, ulong message)
    {
        using MemoryStream whole = new();
        using AsyncServerStreamingCall<ReadCaseAttachmentResponse> call = node.ReadCaseAttachment(new ReadCaseAttachmentRequest { MessageId = message });
        await foreach (ReadCaseAttachmentResponse part in call.ResponseStream.ReadAllAsync()) whole.Write(part.Data.Span);
        return whole.ToArray();
    }

    public static async Task<List<CaseDisclosure>> DisclosuresAsync(this CaseworkService.CaseworkServiceClient node)
    {
        List<CaseDisclosure> all = [];
        using AsyncServerStreamingCall<ListCaseDisclosuresResponse> call = node.ListCaseDisclosures(new ListCaseDisclosuresRequest());
        await foreach (ListCaseDisclosuresResponse page in call.ResponseStream.ReadAllAsync()) all.AddRange(page.Disclosures);
        return all;
    }
}
