namespace AarenGen.Fuzzing;

/// <summary>Saved states of episodes.</summary>
internal sealed class DecisionSeriesTarget : SavedSeriesTarget<DecisionPolicy>
{
    private static readonly DecisionPolicy model = DecisionPolicy.Create(1);

    public override string Name => "decision-series";

    protected override SeriesState<DecisionPolicy> Create(int records)
    {
        SeriesState<DecisionPolicy> state = records == 0 ? model.CreateSeriesState("a") : model.CreateDecisionState(3, "a");
        for (int i = 0; i < records; i++)
        {
            model.Decide(state, Move(i), i == 0 ? 0 : 0.25);
        }
        return state;
    }

    protected override void Continue(SeriesState<DecisionPolicy> state)
    {
        if (model.GetDecision(state) is { } last)
        {
            Read(last);
        }
        for (int i = 0; i < 6; i++)
        {
            try
            {
                Read(state.TokenCount == 0 && i % 2 == 0 ? model.Decide(state, Move(i)) : model.Decide(state, Move(i), 0.25));
                model.SetAction(state, Move(i) with { Site = FuzzSite.South });
            }
            catch (Exception e) when (e is RecordException or ArgumentOutOfRangeException or InvalidOperationException)
            {
                // The episode is over, has no target, or one that no return can reach.
                model.BeginEpisode(state, i);
            }
        }
    }

    private static void Read(DecisionPolicy.Decision decision) => _ = decision.Site == FuzzSite.North
        ? decision.Probability(FuzzSite.South) : decision.Rank()[0].Probability;

    private static FuzzMove Move(int i) => new() { Sensor = "a", Load = i % 4 == 3 ? null : i, IsOn = i % 2 == 0 };
}
