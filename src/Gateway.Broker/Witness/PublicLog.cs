using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Broker.Sequencing;
using Gateway.Ledger;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Storage;
using Gateway.Storage.Broker;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Gateway.Broker.Witness;

/// <summary>
/// The log for anyone, without a certificate (C2SP tlog-tiles): checkpoint, hash tiles, and entry bundles of leaf data, which hide what the entries say. Served from the store, a tile at a time.
/// </summary>
public sealed class PublicLog(IBrokerStore store, LogSignal signal, CosignatureBoard cosignatures, PublicLimits limits) : IDisposable
{
    private const string Bytes = "application/octet-stream", Text = "text/plain; charset=utf-8", Json = "application/json";

    // What a tile of a width holds never changes; a checkpoint is new with every commit.
    private const string Immutable = "public, max-age=31536000, immutable", Fleeting = "no-store";

    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Adds the addresses to the broker's listener.</summary>
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods("/checkpoint", Reading, context => ServeAsync(context, ReadCheckpointAsync));
        app.MapMethods("/cosignatures", Reading, context => ServeAsync(context, _ => ValueTask.FromResult<Content?>(ReadCosignatures())));
        app.MapMethods("/genesis", Reading, context => ServeAsync(context, ReadGenesisAsync));
        app.MapMethods("/tile/{**path}", Reading, context => ServeAsync(context, cancellation => ReadTileAsync($"tile/{context.Request.RouteValues["path"]}", cancellation)));
    }

    /// <inheritdoc/>
    public void Dispose() => limits.Dispose();

    private async Task ServeAsync(HttpContext context, Func<CancellationToken, ValueTask<Content?>> read)
    {
        if (limits.TryTake(context.Connection.RemoteIpAddress) is { } refusal)
        {
            await RefuseAsync(context, StatusCodes.Status429TooManyRequests, refusal).ConfigureAwait(false);
            return;
        }

        Content? content = null;
        Refusal? failed = null;
        bool served = await limits.TryReadAsync(
            async () =>
            {
                try
                {
                    content = await read(context.RequestAborted).ConfigureAwait(false);
                }
                catch (StoreUnavailableException)
                {
                    failed = Refusal.Unavailable("STORE_UNAVAILABLE", "The broker's store cannot be used now.", "store", "Try again later.");
                }
                catch (StoreCorruptException)
                {
                    failed = Refusal.DataLoss("STORE_DAMAGED", "The broker's store is damaged.", "store", "The broker's operator has to restore it.");
                }
            },
            context.RequestAborted).ConfigureAwait(false);
        failed ??= served ? null : Refusal.Unavailable("READERS_QUEUED", "Too many read the log now.", "public log", "Try again in a second.");
        if (failed is not null)
        {
            await RefuseAsync(context, failed.Status == Grpc.Core.StatusCode.DataLoss ? StatusCodes.Status500InternalServerError : StatusCodes.Status503ServiceUnavailable, failed).ConfigureAwait(false);
            return;
        }

        if (content is null)
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, Refusal.NotFound("OUTSIDE_LOG", "The log has no such tile, or not yet.", context.Request.Path, "Use sizes up to that of the newest checkpoint.")).ConfigureAwait(false);
            return;
        }

        context.Response.ContentType = content.Type;
        context.Response.ContentLength = content.Body.Length;
        context.Response.Headers.CacheControl = content.Caching;
        if (!HttpMethods.IsHead(context.Request.Method)) await context.Response.Body.WriteAsync(content.Body, context.RequestAborted).ConfigureAwait(false);
    }

    private static Task RefuseAsync(HttpContext context, int status, Refusal refusal)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = Text;
        context.Response.Headers.CacheControl = Fleeting; // A tile that is not there now may be there in a moment.
        if (status != StatusCodes.Status404NotFound) context.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(refusal.RetryAfter?.TotalSeconds ?? 1)).ToString(CultureInfo.InvariantCulture);
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync(refusal + "\n", context.RequestAborted);
    }

    private async ValueTask<Content?> ReadCheckpointAsync(CancellationToken cancellation)
    {
        if (await store.ReadHeadAsync(cancellation).ConfigureAwait(false) is not { } head || !SignedNote.TryParse(head.Note, out SignedNote? note, out _)) return null;
        NoteSignature[] on = [.. cosignatures.ReadAll().Where(cosigned => cosigned.Note.Text == note.Text).Select(cosigned => cosigned.Signature)];
        return new Content(on.Length == 0 ? head.Note : note.With(on).ToBytes(), Text, Fleeting);
    }

    private Content ReadCosignatures() => new(JsonSerializer.SerializeToUtf8Bytes(cosignatures.ReadAll().Select(cosigned => Encoding.UTF8.GetString(cosigned.Note.ToBytes()))), Json, Fleeting);

    private async ValueTask<Content?> ReadGenesisAsync(CancellationToken cancellation) =>
        await store.ReadLeafAsync(0, cancellation).ConfigureAwait(false) is { } genesis ? new Content((byte[])[.. genesis.Salt, .. genesis.Entry], Bytes, Immutable) : null;

    private async ValueTask<Content?> ReadTileAsync(string path, CancellationToken cancellation)
    {
        ulong size = signal.Size; // What is announced is committed and signed; no tile says more than the newest checkpoint.
        if (EntryBundle.TryParsePath(path, out ulong index, out int width)) return await ReadBundleAsync(index, width, size, cancellation).ConfigureAwait(false);
        if (!TileId.TryParsePath(path, out TileId id, out width) || !IsWithin(size >> (8 * id.Level), id.Index, width)) return null;
        byte[] hashes = store.ReadTile(id) ?? throw new StoreCorruptException("tiles", path);
        int length = width * TreeHash.Size;
        return hashes.Length >= length ? new Content(hashes.AsMemory(0, length), Bytes, Immutable) : throw new StoreCorruptException("tiles", path);
    }

    private async ValueTask<Content?> ReadBundleAsync(ulong index, int width, ulong size, CancellationToken cancellation)
    {
        if (!IsWithin(size, index, width)) return null;
        ulong first = index * TileId.FullWidth;
        using MemoryStream bundle = new(width * (2 + LeafData.Size));
        foreach (byte[] leaf in await store.Witness.ReadLeafDataAsync(first, first + (ulong)width, cancellation).ConfigureAwait(false)) EntryBundle.Write(bundle, leaf);
        return new Content(bundle.ToArray(), Bytes, Immutable);
    }

    private static bool IsWithin(ulong nodes, ulong index, int width) => index <= nodes / TileId.FullWidth && (index * TileId.FullWidth) + (ulong)width <= nodes;

    private sealed record Content(ReadOnlyMemory<byte> Body, string Type, string Caching);
}
