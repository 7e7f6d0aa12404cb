using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using Gateway.Ledger;
using Gateway.Protocol.Identity;

namespace Gateway.Cli.Auditing;

/// <summary>A log's tiles at its public address (C2SP tlog-tiles). What they say is proven by the signed checkpoint, whoever serves them.</summary>
public sealed class HttpTiles : ITileSource, IDisposable
{
    private const int MostBytes = 16 * 1_048_576, Attempts = 6;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    /// <summary>Reads below an address.</summary>
    /// <param name="address">The log's address, e.g. https://broker.example:7443.</param>
    /// <param name="authorities">Who may have issued the server's certificate; null: the system's authorities.</param>
    /// <param name="time">Clock.</param>
    public HttpTiles(Uri address, AuthoritySet? authorities, TimeProvider time)
    {
        _time = time;
        SocketsHttpHandler handler = new() { ConnectTimeout = TimeSpan.FromSeconds(10), MaxConnectionsPerServer = 16 };
        if (authorities is not null)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null && IsBroker(shown, authorities, time);
        }

        _http = new HttpClient(handler) { BaseAddress = new Uri(address.AbsoluteUri.TrimEnd('/') + "/"), Timeout = TimeSpan.FromSeconds(60), MaxResponseContentBufferSize = MostBytes };
    }

    /// <inheritdoc/>
    public Task<byte[]> ReadTileAsync(TileId id, int width, CancellationToken cancellation) =>
        ReadWidthAsync(id.ToPath(width), id.ToPath(), width, full => full[..Math.Min(full.Length, width * TreeHash.Size)], cancellation);

    /// <inheritdoc/>
    public Task<byte[]> ReadBundleAsync(ulong index, int width, CancellationToken cancellation) =>
        ReadWidthAsync(EntryBundle.ToPath(index, width), EntryBundle.ToPath(index), width, full => Cut(full, width), cancellation);

    /// <summary>Any other file of the log; null where there is none.</summary>
    /// <exception cref="TileUnavailableException">It cannot be had.</exception>
    public async Task<byte[]?> TryReadAsync(string path, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                using HttpResponseMessage response = await _http.GetAsync(new Uri(path, UriKind.Relative), cancellation);
                if (response.IsSuccessStatusCode) return await response.Content.ReadAsByteArrayAsync(cancellation);
                if (response.StatusCode == HttpStatusCode.NotFound) return null;
                bool isBusy = response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable;
                if (!isBusy || attempt == Attempts) throw new TileUnavailableException(path, $"the server answers {(int)response.StatusCode}");
                await Task.Delay(PauseOf(response.Headers.RetryAfter), _time, cancellation);
            }
            catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
            {
                throw new TileUnavailableException(path, fault.Message, fault);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    // A server may drop a partial tile as soon as the full one is there.
    private async Task<byte[]> ReadWidthAsync(string path, string fullPath, int width, Func<byte[], byte[]> cut, CancellationToken cancellation)
    {
        if (await TryReadAsync(path, cancellation) is { } exact) return exact;
        if (width < TileId.FullWidth && await TryReadAsync(fullPath, cancellation) is { } full) return cut(full);
        throw new TileUnavailableException(path, "the server does not have it");
    }

    private static byte[] Cut(byte[] bundle, int width)
    {
        int end = 0;
        for (int i = 0; i < width && end + 2 <= bundle.Length; i++) end += 2 + ((bundle[end] << 8) | bundle[end + 1]);
        return bundle[..Math.Min(end, bundle.Length)];
    }

    private static TimeSpan PauseOf(RetryConditionHeaderValue? after) => after?.Delta is { } stated && stated < LongestPause ? stated : TimeSpan.FromSeconds(1);

    private static bool IsBroker(X509Certificate shown, AuthoritySet authorities, TimeProvider time)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(shown.GetRawCertData());
        return authorities.FindIssuer(certificate, time.GetUtcNow(), AuthoritySet.ServerAuthentication) is not null && CertificateIdentity.TryRead(certificate, out SpiffeId? id) && id.IsBroker;
    }
}
