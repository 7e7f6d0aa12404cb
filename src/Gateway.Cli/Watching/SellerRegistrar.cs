using Gateway.Cli.Connect;
using Gateway.Cli.Input;
using Gateway.Cli.Output;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Cli.Watching;

/// <summary>What came of registering a file of sellers.</summary>
public sealed record RegistrationReport
{
    /// <summary>Rows of the file.</summary>
    public long Rows { get; init; }

    /// <summary>Sellers not registered before.</summary>
    public long Added { get; init; }

    /// <summary>Sellers registered before with other content.</summary>
    public long Replaced { get; init; }

    /// <summary>Sellers registered before just so.</summary>
    public long Unchanged { get; init; }

    /// <summary>Sellers the node did not take.</summary>
    public long Refused { get; init; }

    /// <summary>Rows left out because the file has errors in them.</summary>
    public long LeftOut { get; init; }
}

/// <summary>Sends the sellers of a file to the node.</summary>
public sealed class SellerRegistrar(LocalNode node, FaultSink faults, Action<long> tell)
{
    private const int MostSellers = 500;
    private const int MostBytes = 3 * 1_048_576;

    private long _rows, _added, _replaced, _unchanged, _refused;

    /// <summary>Registers; when it returns, every seller taken is durable at the node.</summary>
    public async Task<RegistrationReport> RegisterAsync(CsvSource source, CancellationToken cancellation)
    {
        using AsyncDuplexStreamingCall<RegisterSellersRequest, RegisterSellersResponse> call = node.Watch.RegisterSellers(cancellationToken: cancellation);
        RegisterSellersRequest message = new();
        List<long> lines = [];
        int bytes = 0;
        foreach (InputRow<Seller> row in SellerFile.Read(source))
        {
            _rows++;
            faults.Add(row.Faults);
            if (row.Value is not { } seller) continue;
            int size = seller.CalculateSize() + 8;
            if (message.Sellers.Count == MostSellers || bytes + size > MostBytes) await SendAsync();
            message.Sellers.Add(seller);
            lines.Add(row.Line);
            bytes += size;
        }

        if (message.Sellers.Count > 0) await SendAsync();
        await call.RequestStream.CompleteAsync();
        return new RegistrationReport { Rows = _rows, Added = _added, Replaced = _replaced, Unchanged = _unchanged, Refused = _refused, LeftOut = faults.Rows - _refused };

        async Task SendAsync()
        {
            await call.RequestStream.WriteAsync(message, cancellation);
            if (await call.ResponseStream.MoveNext(cancellation)) Take(call.ResponseStream.Current, lines);
            tell(_rows);
            (message, lines, bytes) = (new RegisterSellersRequest(), [], 0);
        }
    }

    private void Take(RegisterSellersResponse response, List<long> lines)
    {
        for (int i = 0; i < response.Outcomes.Count; i++)
        {
            SellerOutcome outcome = response.Outcomes[i];
            switch (outcome.Registration)
            {
                case SellerRegistration.Added:
                    _added++;
                    break;
                case SellerRegistration.Replaced:
                    _replaced++;
                    break;
                case SellerRegistration.Unchanged:
                    _unchanged++;
                    break;
                default:
                    _refused++;
                    faults.Add([new InputFault(lines[i], outcome.Error?.Which ?? "", outcome.Reference, $"{outcome.Error?.What ?? "refused"} [{outcome.Error?.Code}]", outcome.Error?.Remedy ?? "", true)]);
                    break;
            }
        }
    }
}
