using System.Diagnostics;
using System.Text.RegularExpressions;
using Gateway.Matching.Identifiers;
using Xunit.Abstractions;

namespace Gateway.Matching.Tests.Identifiers;

/// <summary>
/// Asks Debian's python3-stdnum and python3-phonenumbers, on the spot, about valid numbers, the same with one digit changed, with two exchanged, and the numbers of a real list. Run with
/// <c>--logger "console;verbosity=detailed"</c> for the figures. Where there is no such Python it says so and passes, but not in continuous integration.
/// </summary>
public sealed partial class LiveOracleTests(ITestOutputHelper output)
{
    private const string Python = "/usr/bin/python3";

    // What we judge otherwise on purpose (docs/keys.md, Identifiers and oracles).
    private static readonly string[] KnownDifferences = ["Vat BG", "TaxNumber KR"];

    private sealed record Question(string Form, IdentifierType Type, string Country, string Value);

    [Fact]
    public void Identifiers_are_judged_as_independent_programs_judge_them()
    {
        if (!IsThere())
        {
            Assert.True(Environment.GetEnvironmentVariable("CI") is null or "", "python3-stdnum or python3-phonenumbers is absent, and this is continuous integration");
            output.WriteLine("skipped: absent. On Debian: apt-get install python3-stdnum python3-phonenumbers");
            return;
        }

        List<Question> questions = [.. Questions()];
        string[] verdicts = Ask(questions);
        Dictionary<string, Dictionary<string, (int Agreed, int All)>> figures = [];
        int agreed = 0, all = 0;
        for (int i = 0; i < questions.Count; i++)
        {
            if (verdicts[i] == "none") continue;
            Question question = questions[i];
            bool same = Agrees(question, verdicts[i]);
            string kind = question.Type is IdentifierType.Vat or IdentifierType.TaxNumber or IdentifierType.CompanyRegistration ? $"{question.Type} {question.Country}" : question.Type.ToString();
            Dictionary<string, (int Agreed, int All)> forms = figures.TryGetValue(kind, out Dictionary<string, (int, int)>? known) ? known : figures[kind] = [];
            (int a, int n) = forms.GetValueOrDefault(question.Form);
            forms[question.Form] = (a + (same ? 1 : 0), n + 1);
            if (KnownDifferences.Contains(kind)) continue;
            all++;
            agreed += same ? 1 : 0;
            if (!same) output.WriteLine($"  {kind}, {question.Form}: {question.Value} is {verdicts[i]} there");
        }

        foreach ((string kind, Dictionary<string, (int Agreed, int All)> forms) in figures.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"{kind,-24}{string.Join("   ", forms.OrderBy(form => form.Key, StringComparer.Ordinal).Select(form => $"{form.Key} {form.Value.Agreed} of {form.Value.All}"))}");
        }

        output.WriteLine($"agreed: {agreed:N0} of {all:N0}, without {string.Join(", ", KnownDifferences)}");
        Assert.True(agreed >= 0.995 * all, $"only {agreed} of {all} agree");
        Assert.True(figures.Count >= 40);
    }

    private static bool Agrees(Question question, string verdict)
    {
        Identifier? ours = IdentifierNormaliser.Normalise(new StatedIdentifier(question.Type, question.Value), question.Country).Identifier;
        return question.Type == IdentifierType.Phone ? (ours?.Value ?? "invalid") == verdict : (ours is not null) == (verdict == "valid");
    }

    private static IEnumerable<Question> Questions()
    {
        Random random = new(20);
        List<Question> valid =
        [
            .. Table.Rows("numbers.csv").Where(row => row[3] == "valid").Select(row => new Question("valid", Enum.Parse<IdentifierType>(row[0]), row[1], row[2])),
            .. Enumerable.Range(0, 200).Select(_ => new Question("valid", IdentifierType.GtinSerial, "", $"{Gtin(random)}:A{random.Next(1_000_000)}")),
        ];
        foreach (Question question in valid)
        {
            yield return question;
            int[] digits = [.. Enumerable.Range(0, question.Type == IdentifierType.GtinSerial ? 13 : question.Value.Length).Where(i => char.IsAsciiDigit(question.Value[i]))];
            int at = digits[random.Next(digits.Length)];
            yield return question with { Form = "changed", Value = $"{question.Value[..at]}{(question.Value[at] - '0' + 1 + random.Next(9)) % 10}{question.Value[(at + 1)..]}" };
            int[] before = [.. digits.Where(i => digits.Contains(i + 1) && question.Value[i] != question.Value[i + 1])];
            if (before.Length == 0) continue;
            at = before[random.Next(before.Length)];
            yield return question with { Form = "exchanged", Value = $"{question.Value[..at]}{question.Value[at + 1]}{question.Value[at]}{question.Value[(at + 2)..]}" };
        }

        foreach (string[] row in Table.Rows("phones.csv").Where((_, i) => i % 3 == 0)) yield return new Question("valid", IdentifierType.Phone, row[0], row[1]);
        foreach (Question question in Listed()) yield return question;
    }

    // Numbers as the remarks of a real list state them.
    private static IEnumerable<Question> Listed()
    {
        foreach (string[] row in Table.Rows("entities.csv"))
        {
            foreach (string remark in row[3].Split("; "))
            {
                Match match = Stated().Match(remark);
                if (!match.Success) continue;
                string value = match.Groups["value"].Value;
                string country = match.Groups["country"].Value switch { "Russia" => "RU", "China" => "CN", "Colombia" => "CO", "Turkey" => "TR", _ => "" };
                switch (match.Groups["what"].Value)
                {
                    case "Phone Number": yield return new Question("listed", IdentifierType.Phone, "", "+" + value.TrimStart('+')); break;
                    case "Tax ID No." or "NIT #" when country is "RU" or "CO" or "TR": yield return new Question("listed", IdentifierType.TaxNumber, country, value); break;
                    case "Unified Social Credit Code (USCC)": yield return new Question("listed", IdentifierType.CompanyRegistration, "CN", value); break;
                    case "Digital Currency Address - XBT": yield return new Question("listed", IdentifierType.PaymentAccount, "", "bitcoin:" + value); break;
                    default: break;
                }
            }
        }
    }

    private static string Gtin(Random random)
    {
        string digits = $"0{random.NextInt64(100_000_000_000, 999_999_999_999)}";
        int sum = digits.Select((c, i) => (c - '0') * (i % 2 == 0 ? 3 : 1)).Sum();
        return $"{digits}{(10 - (sum % 10)) % 10}";
    }

    private static bool IsThere()
    {
        if (!File.Exists(Python)) return false;
        using Process process = Process.Start(new ProcessStartInfo(Python, ["-c", "import stdnum, phonenumbers"]) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static string[] Ask(List<Question> questions)
    {
        ProcessStartInfo start = new(Python, [Path.Combine(AppContext.BaseDirectory, "tables", "judge.py")]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> answers = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        foreach (Question question in questions) process.StandardInput.WriteLine($"{question.Type}\t{question.Country}\t{question.Value}");
        process.StandardInput.Close();
        process.WaitForExit();
        string[] verdicts = answers.GetAwaiter().GetResult().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(verdicts.Length == questions.Count, $"the oracle answered {verdicts.Length} of {questions.Count}: {errors.GetAwaiter().GetResult()}");
        return verdicts;
    }

    [GeneratedRegex(@"^(alt\. )?(?<what>Phone Number|Tax ID No\.|NIT #|Unified Social Credit Code \(USCC\)|Digital Currency Address - XBT) (?<value>[\w+.-]+)( \((?<country>[^)]*)\))?")]
    private static partial Regex Stated();
}
