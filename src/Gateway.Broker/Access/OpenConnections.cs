using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Security.Cryptography.X509Certificates;
using Gateway.Protocol;
using Gateway.Protocol.Identity;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Access;

/// <summary>
/// The connections that are open, each with the certificate it showed. TLS looks at a certificate when a connection begins and never again, so they are reviewed by the clock. On each the
/// HTTP/2 control frames are counted, which Kestrel takes any number of.
/// </summary>
public sealed class OpenConnections(TimeProvider time, ILogger log)
{
    private readonly ConcurrentDictionary<ConnectionContext, X509Certificate2?> _open = new();

    /// <summary>How many are open.</summary>
    public int Count => _open.Count;

    /// <summary>Serves one connection to its end. Stands behind TLS.</summary>
    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        IDuplexPipe transport = connection.Transport;
        FrameBudget budget = new(time);
        connection.Transport = new CountedPipe(transport, new FrameCounter(budget), () =>
        {
            Log.FloodCut(log, budget.Spent);
            connection.Abort(new ConnectionAbortedException("Too many HTTP/2 control frames."));
        });
        _open[connection] = connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            _open.TryRemove(connection, out _);
            connection.Transport = transport;
        }
    }

    /// <summary>Cuts the connections whose certificate is denied by now.</summary>
    /// <returns>How many.</returns>
    public int CutDenied(Func<X509Certificate2, MemberId?, bool> isDenied)
    {
        int cut = 0;
        foreach ((ConnectionContext connection, X509Certificate2? certificate) in _open)
        {
            if (certificate is null || !isDenied(certificate, CertificateIdentity.TryRead(certificate, out SpiffeId? id) ? id.Member : null)) continue;
            connection.Abort(new ConnectionAbortedException("The certificate is denied."));
            Log.DeniedCut(log);
            cut++;
        }

        return cut;
    }
}
