using System.Runtime.InteropServices;
using System.Text;

namespace Control;

/// <summary>A model of MuJoCo's and its state, read and written in place.</summary>
internal sealed unsafe class MuJoCoSimulation : IDisposable
{
    private const int BodyObject = 1;
    private const int ErrorSize = 1000;

    /// <summary>MuJoCo keeps the model that it read last.</summary>
    private static readonly Lock reading = new();

    private nint model, data;

    /// <param name="resource">An MJCF file in this assembly.</param>
    /// <exception cref="UserException">The library is missing or of another version.</exception>
    public MuJoCoSimulation(string resource)
    {
        MuJoCoLibrary.Load();
        model = Read(resource);
        data = MuJoCoApi.mj_makeData(model);
    }

    ~MuJoCoSimulation() => Free();

    /// <summary>Generalised positions.</summary>
    public Span<double> Positions => new(At(data, DataOffset.Positions), Count(ModelOffset.Positions));

    /// <summary>Generalised positions at the start.</summary>
    public ReadOnlySpan<double> StartPositions => new(At(model, ModelOffset.StartPositions), Count(ModelOffset.Positions));

    /// <summary>Generalised velocities.</summary>
    public Span<double> Velocities => new(At(data, DataOffset.Velocities), Count(ModelOffset.Velocities));

    /// <summary>The motors' controls.</summary>
    public Span<double> Controls => new(At(data, DataOffset.Controls), Count(ModelOffset.Controls));

    /// <summary>Seconds of a step.</summary>
    public double TimeStep => *(double*)(model + ModelOffset.TimeStep);

    /// <summary>Kilograms of each body, the world first.</summary>
    public ReadOnlySpan<double> BodyMasses => new(At(model, ModelOffset.BodyMasses), Count(ModelOffset.Bodies));

    /// <summary>Positions of the bodies, three numbers each, at the last evaluation of forces.</summary>
    public ReadOnlySpan<double> BodyPlaces => new(At(data, DataOffset.BodyPlaces), 3 * Count(ModelOffset.Bodies));

    /// <summary>A body's number.</summary>
    public int Body(string name) => MuJoCoApi.mj_name2id(model, BodyObject, name);

    /// <summary>Back to the start, with an empty state.</summary>
    public void Reset() => MuJoCoApi.mj_resetData(model, data);

    /// <summary>Recomputes everything that depends on positions and velocities.</summary>
    public void Settle() => MuJoCoApi.mj_forward(model, data);

    /// <summary>Advances by the given number of time steps.</summary>
    public void Step(int count)
    {
        for (int i = 0; i < count; i++)
        {
            MuJoCoApi.mj_step(model, data);
        }
    }

    /// <summary>Spheres and capsules: both ends of the axis, and the radius.</summary>
    public IEnumerable<(Point First, Point Second, double Radius)> Capsules()
    {
        for (int g = 0; g < Count(ModelOffset.Geoms); g++)
        {
            if (Capsule(g) is { } capsule)
            {
                yield return capsule;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private (Point, Point, double)? Capsule(int geom)
    {
        var type = (GeomType)((int*)At(model, ModelOffset.GeomTypes))[geom];
        if (type is not (GeomType.Sphere or GeomType.Capsule))
        {
            return null;
        }
        double* size = (double*)At(model, ModelOffset.GeomSizes) + 3 * geom;
        double* place = (double*)At(data, DataOffset.GeomPlaces) + 3 * geom;
        double* turn = (double*)At(data, DataOffset.GeomTurns) + 9 * geom;
        // A capsule's axis is its own z: the third column.
        double half = type == GeomType.Capsule ? size[1] : 0;
        var axis = new Point(half * turn[2], half * turn[5], half * turn[8]);
        return (
            new(place[0] - axis.X, place[1] - axis.Y, place[2] - axis.Z),
            new(place[0] + axis.X, place[1] + axis.Y, place[2] + axis.Z),
            size[0]);
    }

    private int Count(int offset) => *(int*)(model + offset);

    private static void* At(nint structure, int offset) => *(void**)(structure + offset);

    private static nint Read(string resource)
    {
        // MuJoCo reads files, not memory.
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".xml");
        using (Stream source = typeof(MuJoCoSimulation).Assembly.GetManifestResourceStream(resource)!)
        using (FileStream copy = File.Create(file))
        {
            source.CopyTo(copy);
        }
        byte* error = stackalloc byte[ErrorSize];
        nint model;
        lock (reading)
        {
            model = MuJoCoApi.mj_loadXML(file, 0, error, ErrorSize);
        }
        File.Delete(file);
        return model != 0
            ? model
            : throw new InvalidOperationException(
                $"MuJoCo does not take {resource}: {Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(error))}");
    }

    private void Free()
    {
        if (data != 0)
        {
            MuJoCoApi.mj_deleteData(data);
        }
        if (model != 0)
        {
            MuJoCoApi.mj_deleteModel(model);
        }
        (model, data) = (0, 0);
    }

    private enum GeomType
    {
        Sphere = 2,
        Capsule = 3,
    }

    /// <summary>Bytes to fields of mjModel, version 2.2.2, 64 bits: offsetof over mjmodel.h.</summary>
    private static class ModelOffset
    {
        public const int Positions = 0, Velocities = 4, Controls = 8, Bodies = 16, Geoms = 24, TimeStep = 232;
        public const int StartPositions = 1096, BodyMasses = 1240, GeomTypes = 1488, GeomSizes = 1592;
    }

    /// <summary>Bytes to fields of mjData, version 2.2.2, 64 bits: offsetof over mjdata.h.</summary>
    private static class DataOffset
    {
        public const int Positions = 40376, Velocities = 40384, Controls = 40408;
        public const int BodyPlaces = 40480, GeomPlaces = 40536, GeomTurns = 40544;
    }
}

/// <summary>A point: x forward, y to the left, z up.</summary>
internal readonly record struct Point(double X, double Y, double Z);
