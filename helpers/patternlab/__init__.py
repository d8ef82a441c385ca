"""Pattern Lab: AWS patterns that you run, break and understand.

    from patternlab import open_cloud

    cloud = open_cloud()              # moto with a clock of its own, or a real account
    sqs = cloud.client("sqs")         # a real boto3 client, nothing wrapped
    cloud.deploy_function("orders", handler)
    cloud.wait(minutes=3)
    cloud.history()                   # one row per delivery attempt
    cloud.close()

Around it: ``plots`` (figures), ``widgets`` (sliders), ``learn`` (predictions and exercises),
``delivery`` (the model behind the local cloud), ``caching``, ``hpc``, ``facts`` (what AWS says,
with sources) and ``machine`` (what this machine lacks).
"""

import lazy_loader

# What is public stands in __init__.pyi and is imported when it is asked for: the ranks of an MPI
# program, each a Python of its own, import this package too, and a cloud would take each a second.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
