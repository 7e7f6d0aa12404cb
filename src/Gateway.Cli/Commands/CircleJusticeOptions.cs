using System.CommandLine;
using Gateway.Protocol.V1;

namespace Gateway.Cli.Commands;

/// <summary>The options of a circle's policy about disputes and outcomes.</summary>
internal sealed class CircleJusticeOptions
{
    private readonly Option<string[]> _desks = new("--dispute-desk") { Description = "Member of the circle that decides disputes; may be repeated, up to 4. Nobody decides about its own record, so name two.", HelpName = "MEMBER" };
    private readonly Option<uint?> _days = new("--dispute-days") { Description = "Days until a dispute is to be decided, 1 to 365; 30 unless given.", HelpName = "N" };
    private readonly Option<bool?> _stay = new("--keep-overdue") { Description = "Whether a record whose dispute nobody decided in time stays; else it is withdrawn." };
    private readonly Option<uint?> _outcomes = new("--minimum-outcomes") { Description = "Outcomes from which they are shown, 5 to 1,000; 5 unless given.", HelpName = "N" };

    /// <summary>Adds the options to a command.</summary>
    public Command On(Command command)
    {
        command.Add(_desks);
        command.Add(_days);
        command.Add(_stay);
        command.Add(_outcomes);
        return command;
    }

    /// <summary>Puts what was stated into a policy; the rest stays.</summary>
    public void Apply(ParseResult parsed, CirclePolicy policy, GetDirectoryResponse network)
    {
        string[] desks = parsed.GetValue(_desks) ?? [];
        DisputeRules rules = policy.Disputes ?? new DisputeRules();
        if (desks.Length > 0)
        {
            rules.DeskIds.Clear();
            rules.DeskIds.AddRange(desks.Select(desk => CircleCreateCommand.IdOf(desk, network)));
        }

        rules.DeadlineDays = parsed.GetValue(_days) ?? rules.DeadlineDays;
        rules.OverdueRecordsStay = parsed.GetValue(_stay) ?? rules.OverdueRecordsStay;
        policy.Disputes = rules.CalculateSize() > 0 ? rules : null;
        if (parsed.GetValue(_outcomes) is { } least) (policy.Outcomes ??= new OutcomeRules()).MinimumOutcomes = least;
    }
}
