using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Compat.Tests;

/// <summary>
/// The two real gRPC assemblies against our replacements of the assemblies they were compiled with. The minimum counts are what
/// version 2.85.0 has; a test that finds less has stopped looking.
/// </summary>
public sealed class BinaryCompatibilityTests
{
    private const string Client = "Grpc.Net.Client";
    private const string Server = "Grpc.AspNetCore.Server";

    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    [Theory, InlineData(Client, 101), InlineData(Server, 106)]
    public void Every_reference_into_the_replacements_resolves(string assembly, int atLeast)
    {
        Assembly real = Assembly.Load(assembly);
        // A reference inside a generic type needs arguments to resolve in; the reference itself does not depend on which.
        Type[] arguments = [.. Enumerable.Repeat(typeof(object), 8)];
        var missing = new List<string>();
        IReadOnlyList<(int Token, string Name)> references = AssemblyReferences.IntoReplaced(real.Location);
        foreach ((int token, string name) in references)
        {
            try
            {
                MemberInfo resolved = real.ManifestModule.ResolveMember(token, arguments, arguments)!;
                Assembly owner = (resolved as Type ?? resolved.DeclaringType!).Assembly;
                if (!AssemblyReferences.IsReplaced(owner.GetName().Name)) missing.Add($"{name}: resolved in {owner}");
            }
            catch (Exception e) when (e is MissingMemberException or TypeLoadException or ArgumentException or IOException or BadImageFormatException)
            {
                missing.Add($"{name} (0x{token:x8}): {e.GetType().Name}: {e.Message}");
            }
        }
        Assert.Empty(missing);
        Assert.True(references.Count >= atLeast, $"only {references.Count} references were looked at");
    }

    [Theory, InlineData(Client, 244), InlineData(Server, 145)]
    public void Every_type_loads(string assembly, int atLeast)
    {
        int loaded = Assembly.Load(assembly).GetTypes().Length;
        Assert.True(loaded >= atLeast, $"only {loaded} types loaded");
    }

    /// <summary>The compiler checks what a reference by itself does not show: overrides, implemented interfaces, layouts.</summary>
    [Theory, InlineData(Client, 1445), InlineData(Server, 593)]
    public void Every_method_compiles(string assembly, int atLeast)
    {
        var broken = new List<string>();
        var skipped = new List<string>();
        int compiled = 0;
        foreach (Type type in Assembly.Load(assembly).GetTypes())
        {
            foreach (MethodBase method in type.GetMembers(Declared).OfType<MethodBase>())
            {
                if (method.IsAbstract || method.GetMethodBody() is null) continue;
                Type[] parameters = [.. type.GetGenericArguments(), .. method.IsGenericMethod ? method.GetGenericArguments() : []];
                if (!TryFill(parameters, out RuntimeTypeHandle[] arguments))
                {
                    skipped.Add($"{type}.{method.Name}");
                    continue;
                }
                try
                {
                    if (arguments.Length == 0) RuntimeHelpers.PrepareMethod(method.MethodHandle);
                    else RuntimeHelpers.PrepareMethod(method.MethodHandle, arguments);
                    compiled++;
                }
                catch (Exception e) when (e is MemberAccessException or TypeLoadException or ArgumentException or IOException or InvalidProgramException or BadImageFormatException)
                {
                    broken.Add($"{type}.{method.Name}: {e.GetType().Name}: {e.Message}");
                }
            }
        }
        Assert.Empty(broken);
        Assert.True(compiled >= atLeast, string.Create(CultureInfo.InvariantCulture, $"only {compiled} methods compiled, {skipped.Count} skipped: {string.Join(", ", skipped)}"));
    }

    /// <summary>An override whose base method is missing or has another signature loads without complaint, and is then never called.</summary>
    [Theory, InlineData(Client, 18), InlineData(Server, 30)]
    public void Every_override_has_something_to_override(string assembly, int atLeast)
    {
        MethodInfo[] overrides = [.. Assembly.Load(assembly).GetTypes()
            .Where(type => type is { IsInterface: false, BaseType: { } parent } && parent != typeof(object))
            .SelectMany(type => type.GetMethods(Declared))
            .Where(method => method.IsVirtual && (method.Attributes & MethodAttributes.NewSlot) == 0)];
        Assert.DoesNotContain(overrides, method => method.GetBaseDefinition().DeclaringType == method.DeclaringType);
        int ours = overrides.Count(method => AssemblyReferences.IsReplaced(method.GetBaseDefinition().DeclaringType!.Assembly.GetName().Name));
        Assert.True(ours >= atLeast, $"only {ours} overrides of replaced methods were looked at");
    }

    /// <summary>Types to compile a generic method with. False if its constraints ask for more than a class can be picked for.</summary>
    private static bool TryFill(Type[] parameters, out RuntimeTypeHandle[] arguments)
    {
        arguments = new RuntimeTypeHandle[parameters.Length];
        for (int i = 0; i < parameters.Length; i++)
        {
            Type[] constraints = parameters[i].GetGenericParameterConstraints();
            Type? pick = constraints.Length == 0
                ? typeof(object)
                : constraints.FirstOrDefault(c => c.IsClass && !c.ContainsGenericParameters && c != typeof(ValueType));
            if (pick is null) return false;
            arguments[i] = pick.TypeHandle;
        }
        return true;
    }
}
