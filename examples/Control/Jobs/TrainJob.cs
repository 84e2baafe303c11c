using Spectre.Console;

namespace Control;

/// <summary>The command train: trains the missing policies of a folder in parallel.</summary>
internal static class TrainJob
{
    /// <summary>Trains the missing policies.</summary>
    /// <param name="work">The folder.</param>
    /// <param name="selection">The policies.</param>
    /// <param name="recipe">The recipe.</param>
    /// <param name="cancellation">Stops; the same call resumes.</param>
    /// <exception cref="UserException">A data set is missing or damaged.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void Run(Workplace work, Selection selection, PolicyRecipe recipe, CancellationToken cancellation)
    {
        OutputFolder.Prepare(work.Folder);
        OutputFolder.Prepare(work.Policies);
        var opened = new Dictionary<string, Dataset>(StringComparer.Ordinal);
        List<PolicyTraining> missing = [];
        int all = 0;
        // Seeds last, so that a run that is stopped has something of everything.
        for (int seed = 1; seed <= selection.Seeds; seed++)
        {
            foreach (EnvironmentDescription environment in selection.Environments)
            {
                foreach (string name in selection.Datasets)
                {
                    Dataset dataset = Opened(environment, name);
                    foreach (Learner learner in selection.Learners)
                    {
                        all++;
                        var training = new PolicyTraining(work.Policy(environment.Name, dataset, learner, seed), dataset.Name, environment,
                            dataset.Episodes, learner, seed, recipe);
                        // Two files with the same name and content give one policy.
                        if (!training.IsDone && missing.TrueForAll(m => m.Path != training.Path))
                        {
                            missing.Add(training);
                        }
                    }
                }
            }
        }
        AnsiConsole.MarkupLineInterpolated($"{all} policies, {all - missing.Count} of them trained before.");
        WorkList.Do(
            missing, static t => FormattableString.Invariant($"{t.Environment.Name} {t.Dataset} {t.Learner} {t.Seed}"),
            static (training, share, stop) => ModelCatalog.Use(
            training.Environment.Name, training.Learner, training with { Progress = share, Cancellation = stop }), cancellation);

        Dataset Opened(EnvironmentDescription environment, string name)
        {
            string key = environment.Name + " " + name;
            if (!opened.TryGetValue(key, out Dataset? dataset))
            {
                opened.Add(key, dataset = work.Open(environment, name));
            }
            return dataset;
        }
    }
}
