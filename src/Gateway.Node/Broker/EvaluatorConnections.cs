using System.Security.Cryptography.X509Certificates;
using Gateway.Node.Identity;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Node.Broker;

/// <summary>The ways to the evaluators that the log names: the broker's own channel, and one to each other evaluator at the address the log states, opened when it is first needed.</summary>
/// <param name="broker">The way to the broker.</param>
/// <param name="network">The network.</param>
/// <param name="authorities">Its certificate authorities, as the log has them now.</param>
/// <param name="certificate">The node's certificate.</param>
/// <param name="isDenied">Whether a certificate is on the list of denied ones.</param>
/// <param name="time">Clock.</param>
/// <param name="transport">Wraps the ways; null for the plain ones.</param>
public sealed class EvaluatorConnections(CallInvoker broker, string network, Func<AuthoritySet> authorities, NodeCertificate certificate, Func<X509Certificate2, bool> isDenied, TimeProvider time, Func<CallInvoker, CallInvoker>? transport) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Name, string Address), (BrokerConnection Connection, CallInvoker Invoker)> _open = [];

    /// <summary>The way to an evaluator; null where the log states no address of it.</summary>
    public CallInvoker? Of(EvaluatorKeys evaluator)
    {
        if (evaluator.Name == OprfKeySet.Broker) return broker;
        if (!OprfKeySet.IsAddress(evaluator.Address, out Uri? address)) return null;
        lock (_lock)
        {
            if (_open.TryGetValue((evaluator.Name, evaluator.Address), out (BrokerConnection Connection, CallInvoker Invoker) known)) return known.Invoker;
            BrokerConnection connection = BrokerConnection.ToEvaluator(address, network, evaluator.Name, authorities, certificate, time, isDenied);
            CallInvoker invoker = transport?.Invoke(connection.Invoker) ?? connection.Invoker;
            _open[(evaluator.Name, evaluator.Address)] = (connection, invoker);
            return invoker;
        }
    }

    /// <summary>Shows the node's new certificate from now on.</summary>
    public void Renew()
    {
        lock (_lock)
        {
            foreach ((BrokerConnection connection, _) in _open.Values) connection.Renew();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach ((BrokerConnection connection, _) in _open.Values) connection.Dispose();
            _open.Clear();
        }
    }
}
