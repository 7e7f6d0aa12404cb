using System.Text.Json;

namespace Gateway.Cryptography.Tests;

/// <summary>Reads the published vectors in the vectors folder.</summary>
internal static class Vectors
{
    internal static JsonElement Read(string path)
    {
        using FileStream file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "vectors", path));
        using var document = JsonDocument.Parse(file);
        return document.RootElement.Clone();
    }

    /// <summary>Each case of a Wycheproof file, with the group it stands in.</summary>
    internal static IEnumerable<(JsonElement Group, JsonElement Case)> Wycheproof(string file) =>
        from @group in Read($"wycheproof/{file}").GetProperty("testGroups").EnumerateArray()
        from @case in @group.GetProperty("tests").EnumerateArray()
        select (@group, @case);

    internal static byte[] Bytes(this JsonElement element, string name) => Convert.FromHexString(element.Text(name));

    internal static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;

    /// <summary>Comma-separated hex, as the VOPRF vectors write a batch.</summary>
    internal static byte[][] Batch(this JsonElement element, string name) =>
        [.. element.Text(name).Split(',').Select(Convert.FromHexString)];

    internal static bool IsValid(this JsonElement @case) => @case.Text("result") == "valid";

    internal static string Label(this JsonElement @case) => $"tcId {@case.GetProperty("tcId").GetInt32()} ({@case.Text("comment")})";
}
