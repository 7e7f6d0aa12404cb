namespace Gateway.Storage.Broker;

/// <summary>Two enrolments met at one invitation: the later one is refused.</summary>
public sealed class InvitationUsedException() : Exception("The invitation has been used already.")
{
}
