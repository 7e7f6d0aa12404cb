using System.Buffers;
using System.Text;
using Compat.Tests.Probing;
using Grpc.Core;

namespace Compat.Tests;

/// <summary>What the replaced types do by themselves, without a transport.</summary>
public sealed class VocabularyTests
{
    [Theory, InlineData(""), InlineData("a b"), InlineData("schlüssel"), InlineData("a:b")]
    public void A_metadata_key_outside_its_alphabet_is_refused(string key) => Assert.Throws<ArgumentException>(() => new Metadata { { key, "text" } });

    [Fact]
    public void Only_a_key_that_ends_in_bin_takes_bytes_and_it_takes_nothing_else()
    {
        Assert.Throws<ArgumentException>(() => new Metadata { { "key-bin", "text" } });
        Assert.Throws<ArgumentException>(() => new Metadata { { "key", new byte[] { 1 } } });
    }

    [Fact]
    public void Metadata_is_found_by_key_in_any_case_and_the_last_wins()
    {
        var metadata = new Metadata { { "Key", "1" }, { "kEY", "2" }, { "other", "3" } };
        Assert.Equal("2", metadata.GetValue("KEY"));
        Assert.Equal(["1", "2"], metadata.GetAll("key").Select(entry => entry.Value));
        Assert.All(metadata.GetAll("key"), entry => Assert.Equal("key", entry.Key));
        Assert.Null(metadata.GetValue("missing"));
    }

    [Fact]
    public void A_metadata_entry_keeps_its_own_bytes()
    {
        byte[] bytes = [1, 2];
        var entry = new Metadata.Entry("key-bin", bytes);
        bytes[0] = 9;
        entry.ValueBytes[1] = 9;
        Assert.Equal<byte>([1, 2], entry.ValueBytes);
    }

    [Fact]
    public void A_metadata_entry_in_a_log_shows_no_value()
    {
        Assert.DoesNotContain("secret", new Metadata.Entry("authorization", "secret").ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("736563", new Metadata.Entry("token-bin", "sec"u8.ToArray()).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_shared_empty_metadata_cannot_be_changed() =>
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("key", "value"));

    [Fact]
    public void A_marshaller_made_from_contexts_works_on_arrays()
    {
        Marshaller<string> marshaller = Marshallers.Create(
            (string text, SerializationContext context) =>
            {
                byte[] bytes = Encoding.UTF8.GetBytes(text);
                context.SetPayloadLength(bytes.Length);
                context.GetBufferWriter().Write(bytes);
                context.Complete();
            },
            (DeserializationContext context) => Encoding.UTF8.GetString(context.PayloadAsReadOnlySequence()));
        string text = string.Concat(Enumerable.Repeat("naïve", 1000));
        Assert.Equal(text, marshaller.Deserializer(marshaller.Serializer(text)));
    }

    [Fact]
    public void A_serializer_that_does_not_complete_its_message_is_found_out()
    {
        var marshaller = Marshallers.Create((string _, SerializationContext _) => { }, (DeserializationContext _) => "");
        Assert.Throws<InvalidOperationException>(() => marshaller.Serializer("text"));
    }

    [Fact]
    public void A_service_definition_gives_a_binder_each_method_once()
    {
        var binder = new NamingBinder();
        Probe.BindService(new ProbeService(new CallJournal())).BindService(binder);
        Assert.Equal(
            [
                "unary /compat.tests.Probe/Echo", "server stream /compat.tests.Probe/Count", "client stream /compat.tests.Probe/Sum",
                "duplex /compat.tests.Probe/Converse", "unary /compat.tests.Probe/Fail", "unary /compat.tests.Probe/Wait",
            ],
            binder.Methods);
    }

    [Fact]
    public void A_service_definition_refuses_a_method_added_twice()
    {
        var method = new Method<string, string>(MethodType.Unary, "S", "M", Marshallers.StringMarshaller, Marshallers.StringMarshaller);
        ServerServiceDefinition.Builder builder = ServerServiceDefinition.CreateBuilder();
        UnaryServerMethod<string, string> handler = (request, _) => Task.FromResult(request);
        builder.AddMethod(method, handler);
        Assert.Throws<ArgumentException>(() => builder.AddMethod(method, handler));
    }

    [Fact]
    public void A_client_made_without_a_channel_refuses_calls_by_name()
    {
        var error = Assert.Throws<NotSupportedException>(() => new ChannellessClient().Echo(new EchoRequest()));
        Assert.Contains("/compat.tests.Probe/Echo", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_with_another_host_reaches_the_same_server()
    {
        await using ProbeHost host = await ProbeHost.StartAsync();
        Assert.Equal("hello", (await host.Client().WithHost("elsewhere").EchoAsync(new EchoRequest { Text = "hello" })).Text);
    }

    private sealed class ChannellessClient : Probe.ProbeClient;

    private sealed class NamingBinder : ServiceBinderBase
    {
        public List<string> Methods { get; } = [];

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
            Methods.Add($"unary {method.FullName}");

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) =>
            Methods.Add($"client stream {method.FullName}");

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
            Methods.Add($"server stream {method.FullName}");

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
            Methods.Add($"duplex {method.FullName}");
    }
}
