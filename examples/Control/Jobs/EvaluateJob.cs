namespace Control;

/// <summary>The command evaluate: trained policies act, and a report has their scores.</summary>
internal static class EvaluateJob
{
    /// <summary>Makes the missing runs of the folder and writes its report.</summary>
    /// <param name="work">The folder.</param>
    /// <param name="selection">The policies.</param>
    /// <param name="episodes">Episodes of each.</param>
    /// <param name="command">The command line, for the report.</param>
    /// <param name="cancellation">Stops; finished work is kept.</param>
    /// <exception cref="UserException">A policy is not trained, or the simulator is missing.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void Run(Workplace work, Selection selection, int episodes, string command, CancellationToken cancellation)
    {
        OutputFolder.Prepare(work.Folder);
        List<PlannedRun> plan = [];
        string setting = FormattableString.Invariant($"{episodes} episodes");
        foreach (EnvironmentDescription environment in selection.Environments)
        {
            foreach (string name in selection.Datasets)
            {
                Dataset dataset = work.Open(environment, name);
                DataIdentity data = dataset.Identity(environment.Name);
                plan.Add(new(
                    new("control", data, setting, "the data", 0), "",
                    (_, _) => PolicyEvaluation.OfData(environment, dataset.Episodes)));
                foreach (Learner learner in selection.Learners)
                {
                    for (int seed = 1; seed <= selection.Seeds; seed++)
                    {
                        string path = work.Policy(environment.Name, dataset, learner, seed);
                        TrainedPolicy policy = TrainedPolicy.Find(path, dataset.Episodes) ?? throw new UserException(
                            $"{path}.json: {learner} is not trained on {data.Name} as it is now, with seed {seed}; train it by the "
                                + "command train with the same options.");
                        foreach (Acting acting in PolicyEvaluation.Actings(learner))
                        {
                            plan.Add(new(
                                new("control", data, setting, PolicyEvaluation.Name(learner, acting), seed), FormattableString.Invariant(
                                $"{policy.Training.Recipe}; trained by {policy.Program}; asked for {policy.TargetReturn:R}"),
                                (share, stop) =>
                                {
                                    using ControlEnvironment world = EnvironmentCatalog.Create(environment.Name);
                                    Agent agent = ModelCatalog.Use(environment.Name, learner, new AgentLoading(path, policy, acting));
                                    return PolicyEvaluation.Run(world, agent, policy, episodes, share, stop);
                                }));
                        }
                    }
                }
            }
        }
        Experiment.Run(plan, work.Folder, command, cancellation);
    }
}
