using Gateway.Node.Cases;
using Gateway.Protocol.Cases;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Node.Services;

/// <summary>The cases of a member, for its officers (casework.proto).</summary>
public sealed class CasesEndpoint(CaseWriter writer, CaseReader reader, CaseVault vault, CaseFiles files, Watch.AlertList alerts, INodeStore store, TimeProvider time) : CaseworkService.CaseworkServiceBase
{
    private const int Lines = 100;
    private const int PageBytes = 1_024 * 1_024;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    public override async Task<ComposeCaseMessageResponse> ComposeCaseMessage(IAsyncStreamReader<ComposeCaseMessageRequest> requestStream, ServerCallContext context)
    {
        if (!await requestStream.MoveNext(context.CancellationToken) || requestStream.Current.Draft is not { } draft) throw Wrong("The first message is no draft.");
        if (draft.Files.Count > CaseFormat.MaximumAttachments || draft.Files.Any(file => file.Size is 0 or > CaseFormat.MaximumAttachment))
        {
            throw new RefusalException(Refusal.Invalid("CASE_ATTACHMENT_INVALID", $"At most {CaseFormat.MaximumAttachments} files of 1 to {CaseFormat.MaximumAttachment:N0} bytes go with a message.", "files", "Attach other files, or write several messages."));
        }

        List<byte[]> contents = await ReadFilesAsync(draft, requestStream, context.CancellationToken);
        if (draft.TargetCase == CaseDraft.TargetOneofCase.AlertId) draft.RecordId = await alerts.RecordOfAsync(draft.AlertId, context.CancellationToken);
        (long caseId, long message) = await writer.WriteAsync(draft, contents, context.CancellationToken);
        return new ComposeCaseMessageResponse { CaseId = (ulong)caseId, MessageId = (ulong)message };
    }

    /// <inheritdoc/>
    public override async Task ListCases(ListCasesRequest request, IServerStreamWriter<ListCasesResponse> responseStream, ServerCallContext context)
    {
        long after = (long)Math.Min(request.AfterChange, long.MaxValue);
        do
        {
            ListCasesResponse page = new();
            await foreach (CaseLine line in reader.ReadAsync(after, request.All || request.Follow, context.CancellationToken))
            {
                page.Cases.Add(line);
                after = Math.Max(after, (long)line.Change);
                if (page.Cases.Count < Lines) continue;
                await responseStream.WriteAsync(page, context.CancellationToken);
                page = new ListCasesResponse();
            }

            if (page.Cases.Count > 0) await responseStream.WriteAsync(page, context.CancellationToken);
            if (request.Follow) await Task.Delay(Poll, time, context.CancellationToken);
        }
        while (request.Follow);
    }

    /// <inheritdoc/>
    public override async Task ShowCase(ShowCaseRequest request, IServerStreamWriter<ShowCaseResponse> responseStream, ServerCallContext context)
    {
        StoredCase row = await writer.RequireAsync(request.CaseId, context.CancellationToken);
        ShowCaseResponse page = new() { Case = await reader.LineOfAsync(row, context.CancellationToken) };
        long last = 0;
        await foreach (CaseMessageLine line in reader.ReadMessagesAsync(row, context.CancellationToken))
        {
            page.Messages.Add(line);
            last = (long)line.MessageId;
            if (page.CalculateSize() < PageBytes) continue;
            await responseStream.WriteAsync(page, context.CancellationToken);
            page = new ShowCaseResponse();
        }

        await responseStream.WriteAsync(page, context.CancellationToken);

        // Only what was shown: what came meanwhile is still unread.
        if (request.MarkRead) await store.Cases.MarkReadAsync(row.Id, last, context.CancellationToken);
    }

    /// <inheritdoc/>
    public override async Task ReadCaseAttachment(ReadCaseAttachmentRequest request, IServerStreamWriter<ReadCaseAttachmentResponse> responseStream, ServerCallContext context)
    {
        StoredCaseMessage row = (request.MessageId > long.MaxValue ? null : await store.Cases.FindMessageAsync((long)request.MessageId, context.CancellationToken))
            ?? throw new RefusalException(Refusal.NotFound("CASE_MESSAGE_UNKNOWN", "There is no such message.", $"message {request.MessageId}", "See `gateway case show`."));
        (_, CaseMessage message) = vault.Open(row);
        if (request.Attachment >= message.Body.Attachments.Count) throw new RefusalException(Refusal.NotFound("CASE_ATTACHMENT_UNKNOWN", "The message has no such attachment.", $"message {request.MessageId}", "See `gateway case show`."));
        await foreach (byte[] part in files.ReadAsync(row.Id, (int)request.Attachment, message.Body.Attachments[(int)request.Attachment], context.CancellationToken))
        {
            await responseStream.WriteAsync(new ReadCaseAttachmentResponse { Data = UnsafeByteOperations.UnsafeWrap(part) }, context.CancellationToken);
        }
    }

    /// <inheritdoc/>
    public override async Task<CloseCaseResponse> CloseCase(CloseCaseRequest request, ServerCallContext context)
    {
        await writer.CloseAsync(request.CaseId, request.Text, request.By, context.CancellationToken);
        return new CloseCaseResponse();
    }

    /// <inheritdoc/>
    public override async Task ListCaseDisclosures(ListCaseDisclosuresRequest request, IServerStreamWriter<ListCaseDisclosuresResponse> responseStream, ServerCallContext context)
    {
        ListCaseDisclosuresResponse page = new();
        await foreach (AuditEntry entry in store.Audit.ReadAsync(request.After + 1, context.CancellationToken))
        {
            if (DisclosureLog.Read(entry) is not { } disclosure) continue;
            page.Disclosures.Add(disclosure);
            if (page.Disclosures.Count < Lines) continue;
            await responseStream.WriteAsync(page, context.CancellationToken);
            page = new ListCaseDisclosuresResponse();
        }

        if (page.Disclosures.Count > 0) await responseStream.WriteAsync(page, context.CancellationToken);
    }

    /// <inheritdoc/>
    public override async Task<GetCaseworkStatusResponse> GetCaseworkStatus(GetCaseworkStatusRequest request, ServerCallContext context)
    {
        IReadOnlyDictionary<CaseMessageStatus, long> counts = await store.Cases.CountMessagesAsync(context.CancellationToken);
        uint open = 0;
        await foreach (StoredCase row in store.Cases.ReadCasesAsync(0, context.CancellationToken)) open += row.Closing == 0 ? 1u : 0;
        return new GetCaseworkStatusResponse
        {
            OpenCases = open,
            UnreadMessages = (uint)counts.GetValueOrDefault(CaseMessageStatus.Unread),
            WaitingMessages = (uint)(counts.GetValueOrDefault(CaseMessageStatus.Queued) + counts.GetValueOrDefault(CaseMessageStatus.Waiting)),
        };
    }

    // Every file has the bytes that the draft states, no more and no fewer.
    private static async Task<List<byte[]>> ReadFilesAsync(CaseDraft draft, IAsyncStreamReader<ComposeCaseMessageRequest> requests, CancellationToken cancellation)
    {
        List<byte[]> contents = [.. draft.Files.Select(file => new byte[file.Size])];
        int file = 0, filled = 0;
        while (await requests.MoveNext(cancellation))
        {
            ReadOnlyMemory<byte> data = requests.Current.PartCase == ComposeCaseMessageRequest.PartOneofCase.Data ? requests.Current.Data.Memory : throw Wrong("After the draft come bytes alone.");
            while (data.Length > 0)
            {
                if (file == contents.Count) throw Wrong("There are more bytes than the draft states.");
                int count = Math.Min(data.Length, contents[file].Length - filled);
                data[..count].CopyTo(contents[file].AsMemory(filled));
                data = data[count..];
                filled += count;
                if (filled == contents[file].Length) (file, filled) = (file + 1, 0);
            }
        }

        return file == contents.Count ? contents : throw Wrong("There are fewer bytes than the draft states.");
    }

    private static RefusalException Wrong(string what) => new(Refusal.Invalid("CASE_MESSAGE_INVALID", what, "stream", "Send the draft, then its files' bytes one after the other."));
}
