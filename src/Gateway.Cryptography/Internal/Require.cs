using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Gateway.Cryptography.Internal;

/// <summary>The two checks every entry point makes: sizes before a native call, and its answer after.</summary>
internal static class Require
{
    /// <exception cref="ArgumentException">The argument has another size. Its content is never in the message.</exception>
    internal static void Size(int actual, int expected, string parameter)
    {
        if (actual != expected)
        {
            ThrowSize(actual, expected, parameter);
        }
    }

    /// <summary>For native calls that cannot fail on checked arguments.</summary>
    internal static void Success(int result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != 0)
        {
            ThrowFailure(result, call);
        }
    }

    [DoesNotReturn]
    private static void ThrowSize(int actual, int expected, string parameter) =>
        throw new ArgumentException($"{parameter} must be {expected} bytes; it has {actual}.", parameter);

    [DoesNotReturn]
    private static void ThrowFailure(int result, string call) =>
        throw new CryptographicException($"libsodium answered {result} where it cannot fail: {call[..Math.Max(0, call.IndexOf('('))]}.");
}
