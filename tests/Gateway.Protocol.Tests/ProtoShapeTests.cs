using System.Globalization;
using System.Reflection;
using Gateway.Protocol.V1;
using Google.Protobuf.Reflection;

namespace Gateway.Protocol.Tests;

/// <summary>What is on the wire stays as it is: numbers, types, labels and names of fields, values of enums, methods of services. Additions are free.</summary>
public sealed class ProtoShapeTests
{
    [Fact]
    public void No_field_value_or_method_changes_or_disappears()
    {
        SortedDictionary<string, string> now = Shape();
        Assert.Equal([], Breaks(VectorFile.Read("proto-shape.json", () => now), now));
    }

    [Fact]
    public void A_change_or_a_loss_is_noticed_and_an_addition_is_not()
    {
        SortedDictionary<string, string> now = Shape(), then = new(now, StringComparer.Ordinal);
        Assert.Equal("bytes record_id", now["message gateway.v1.RecordPublished field 1"]);
        Assert.Equal("repeated enum gateway.v1.GoodsCategory categories", now["message gateway.v1.Summary field 3"]);
        Assert.Equal("stream gateway.v1.PublishRequest returns stream gateway.v1.PublishResponse", now["service gateway.v1.ExchangeService rpc Publish"]);
        Assert.Equal("oneof content message gateway.v1.Genesis genesis", now["message gateway.v1.Entry field 1"]);
        Assert.Equal("RECORD_KIND_RIGHT", now["enum gateway.v1.RecordKind value 3"]);
        Assert.Equal("oneof content message gateway.v1.MemberReinstated member_reinstated", now["message gateway.v1.Entry field 5"]);
        now["message gateway.v1.New field 1"] = "bytes new";
        Assert.Empty(Breaks(then, now));
        now["message gateway.v1.RecordPublished field 1"] = "string record_id";
        Assert.True(now.Remove("enum gateway.v1.RecordKind value 3"));
        Assert.Equal(2, Breaks(then, now).Count);
    }

    private static List<string> Breaks(SortedDictionary<string, string> then, SortedDictionary<string, string> now) =>
        [.. then.Where(row => !now.TryGetValue(row.Key, out string? value) || value != row.Value).Select(row => $"{row.Key} was '{row.Value}' and is '{now.GetValueOrDefault(row.Key, "gone")}'")];

    private static SortedDictionary<string, string> Shape()
    {
        SortedDictionary<string, string> shape = new(StringComparer.Ordinal);
        FileDescriptor[] files = [.. typeof(ErrorDetail).Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(ErrorDetail).Namespace && type.Name.EndsWith("Reflection", StringComparison.Ordinal))
            .Select(type => (FileDescriptor)type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!)];
        foreach (FileDescriptor file in files)
        {
            foreach (MessageDescriptor message in file.MessageTypes) Add(shape, message);
            foreach (EnumDescriptor one in file.EnumTypes) Add(shape, one);
            foreach (MethodDescriptor method in file.Services.SelectMany(service => service.Methods))
            {
                shape[$"service {method.Service.FullName} rpc {method.Name}"] =
                    $"{Stream(method.IsClientStreaming)}{method.InputType.FullName} returns {Stream(method.IsServerStreaming)}{method.OutputType.FullName}";
            }
        }

        return shape;
    }

    private static void Add(SortedDictionary<string, string> shape, MessageDescriptor message)
    {
        foreach (FieldDescriptor field in message.Fields.InFieldNumberOrder())
        {
            string label = field.RealContainingOneof is { } oneof ? $"oneof {oneof.Name} " : field.IsRepeated ? "repeated " : field.HasPresence && field.FieldType != FieldType.Message ? "optional " : "";
            string type = field.FieldType switch
            {
                FieldType.Message => "message " + field.MessageType.FullName,
                FieldType.Enum => "enum " + field.EnumType.FullName,
                _ => field.FieldType.ToString().ToLowerInvariant(),
            };
            shape[string.Create(CultureInfo.InvariantCulture, $"message {message.FullName} field {field.FieldNumber}")] = $"{label}{type} {field.Name}";
        }

        foreach (DescriptorProto.Types.ReservedRange range in message.ToProto().ReservedRange)
        {
            for (int number = range.Start; number < range.End; number++) shape[string.Create(CultureInfo.InvariantCulture, $"message {message.FullName} field {number}")] = "reserved";
        }

        foreach (MessageDescriptor nested in message.NestedTypes) Add(shape, nested);
        foreach (EnumDescriptor one in message.EnumTypes) Add(shape, one);
    }

    private static void Add(SortedDictionary<string, string> shape, EnumDescriptor one)
    {
        foreach (EnumValueDescriptor value in one.Values) shape[string.Create(CultureInfo.InvariantCulture, $"enum {one.FullName} value {value.Number}")] = value.Name;
    }

    private static string Stream(bool streams) => streams ? "stream " : "";
}
