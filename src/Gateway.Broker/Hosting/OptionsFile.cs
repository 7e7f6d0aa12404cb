using System.Text.Json;

namespace Gateway.Broker.Hosting;

/// <summary>The JSON file in a folder that says how the folder's program runs. An option that the program does not know is a fault, since it might be a mistyped one.</summary>
internal static class OptionsFile
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <summary>Reads the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="making">How it comes to be, for who has none: "make the broker with '…'".</param>
    /// <exception cref="BrokerOptionsException">There is none, or it cannot be read.</exception>
    public static T Read<T>(string path, string making)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return JsonSerializer.Deserialize<T>(file, Json) ?? throw new BrokerOptionsException([$"{path} is empty."]);
        }
        catch (JsonException error)
        {
            throw new BrokerOptionsException([$"{path} cannot be read: {error.Message}"]);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BrokerOptionsException([$"{path} does not exist: {making}."]);
        }
    }

    /// <summary>The options as they stand in the file.</summary>
    public static byte[] ToBytes<T>(T options) => JsonSerializer.SerializeToUtf8Bytes(options, Json);
}
