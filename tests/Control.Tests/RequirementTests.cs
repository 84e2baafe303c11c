namespace Control.Tests;

/// <summary>What tests are skipped for: found where it is there, and only there.</summary>
public sealed class RequirementTests
{
    [Fact]
    public void MuJoCo_is_available_if_its_library_loads_or_is_named()
    {
        static void Missing() => MuJoCoLibrary.Search(null, ["libno-such-library.so"]);
        Assert.Contains(MuJoCoLibrary.Package, Requirements.FindMuJoCo(null, Missing), StringComparison.Ordinal);
        Assert.Contains(MuJoCoLibrary.Package, Requirements.FindMuJoCo("", Missing), StringComparison.Ordinal);
        Assert.Null(Requirements.FindMuJoCo("/nowhere", Missing));
        Assert.Null(Requirements.FindMuJoCo(null, static () => { }));
    }

    [Theory]
    [InlineData("/bin/true", true)]
    [InlineData("/bin/false", false)]
    [InlineData("/nowhere/python3", false)]
    public void H5py_is_there_where_python_ends_with_0(string python, bool isThere)
    {
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(isThere, Requirements.FindH5py(python) is null);
        }
    }
}
