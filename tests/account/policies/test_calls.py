"""The counts behind cost card and policies: what the notebooks and the course ask AWS for.

That the file is up to date is checked in test_policies.py, where all notebooks run anyway.
"""

from pathlib import Path

import nbformat
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from patternlab import open_cloud
from patternlab.account import calls
from patternlab.account.calls import CLOUD, FUNCTION, NOTEBOOK, Row
from patternlab.account.policies import documents, page
from patternlab.authoring import notebook_calls
from patternlab.cli import main
from patternlab.hpc.cluster.plan import SLACK


def notebook(folder: Path, *cells: str, local_only: str = "") -> Path:
    """A notebook of these cells; the last one carries the tag."""
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    if local_only:
        tag = {"tags": [notebook_calls.LOCAL_ONLY]}
        made.append(nbformat.v4.new_code_cell(local_only, metadata=tag))
    path = folder / "small.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)
    return path


def counts(rows, by: str) -> dict[tuple[str, str], float]:
    return {(row.service, row.operation): row.calls for row in rows if row.by == by}


OPEN = "from patternlab import open_cloud\ncloud = open_cloud()\nsqs = cloud.client('sqs')"
QUEUE = """
url = sqs.create_queue(QueueName='a')['QueueUrl']
names = {'QueueUrl': url, 'AttributeNames': ['QueueArn']}
arn = sqs.get_queue_attributes(**names)['Attributes']['QueueArn']
"""


def test_what_is_written_is_read_again(tmp_path):
    rows = [
        Row("01-a", "sqs", "SendMessage", 12, NOTEBOOK),
        Row("01-a", "lambda", "gb-seconds", 0.015625, CLOUD),
    ]
    path = tmp_path / "calls.csv"
    path.write_text(calls.as_csv(rows), encoding="utf-8")
    assert calls.read(path) == rows
    assert "01-a,sqs,SendMessage,12,notebook" in path.read_text(encoding="utf-8")


def test_the_command_writes_counts_and_policies(tmp_path, monkeypatch, capsys):
    made = notebook(tmp_path, OPEN, QUEUE)
    for module, name, place in (
        (notebook_calls, "ROOT", tmp_path),
        (notebook_calls, "books", lambda: [made]),
        (notebook_calls, "FILE", tmp_path / "calls.csv"),
        (page, "FOLDER", tmp_path / "policies"),
    ):
        monkeypatch.setattr(module, name, place)
    assert main(["policies"]) == 0
    assert len(calls.read(tmp_path / "calls.csv")) == 2
    made = {path.name for path in (tmp_path / "policies").iterdir()}
    assert made == {"learner.json", "lab.json", "instructor.json", "README.md"}
    assert len(capsys.readouterr().out.splitlines()) == 5


def test_each_request_is_counted_once_and_a_page_is_a_request(tmp_path):
    cells = "for n in range(3): sqs.send_message(QueueUrl=url, MessageBody=str(n))"
    recording = notebook_calls.record(notebook(tmp_path, OPEN, QUEUE, cells))
    assert counts(recording.rows("small"), NOTEBOOK) == {
        ("sqs", "CreateQueue"): 1,
        ("sqs", "GetQueueAttributes"): 1,
        ("sqs", "SendMessage"): 3,
    }
    assert [call.params for call in recording.calls[2:]] == [
        {"QueueUrl": recording.calls[2].params["QueueUrl"], "MessageBody": body} for body in "012"
    ]


def test_a_handlers_requests_are_the_functions_and_a_destinations_are_nobodys(tmp_path):
    deploy = """
import boto3
def work(event, context):
    boto3.client('s3').list_buckets()
    raise ValueError
cloud.deploy_function('work', work)
functions = cloud.client('lambda')
functions.put_function_event_invoke_config(
    FunctionName='work', MaximumRetryAttempts=0,
    DestinationConfig={'OnFailure': {'Destination': arn}})
functions.invoke(FunctionName='work', InvocationType='Event', Payload=b'{}')
cloud.wait(minutes=1)
"""
    path = notebook(tmp_path, OPEN, QUEUE, deploy)
    rows = list(notebook_calls.record(path).rows("small"))
    assert counts(rows, FUNCTION) == {("s3", "ListBuckets"): 1}
    assert ("sqs", "SendMessage") not in counts(rows, NOTEBOOK)  # Lambda sent the event on
    assert counts(rows, NOTEBOOK)["lambda", "Invoke"] == 1


def test_the_meters_agree_with_what_happened(tmp_path):
    work = """
def work(event, context):
    import time
    time.sleep(2)
functions = cloud.client('lambda')
cloud.deploy_function('work', work, timeout=10, memory=512)
made = functions.create_event_source_mapping(FunctionName='work', EventSourceArn=arn)['UUID']
cloud.wait(seconds=100)
sqs.send_message(QueueUrl=url, MessageBody='m')
cloud.wait(seconds=100)
functions.delete_event_source_mapping(UUID=made)
cloud.wait(seconds=50)
"""
    keep = "cloud.lines = cloud._backend.log_lines()"
    clouds = []
    recording = notebook_calls.record(notebook(tmp_path, OPEN, QUEUE, work, keep), clouds.append)
    amounts, lines = recording.quantities, clouds[0].lines
    assert amounts["cloud", "seconds"] == 250
    assert amounts["sqs", "poll-mappings"] == 1
    assert amounts["sqs", "mapping-seconds"] == 200
    assert amounts["lambda", "invocations"] == 1
    # 512 MB for 2 s and what the cold start and the handler's overhead take
    assert 1.0 < amounts["lambda", "gb-seconds"] < 1.5
    assert amounts["logs", "bytes"] == sum(len(line.encode()) + 26 for line in lines)
    assert ("sns", "deliveries") not in amounts


def test_a_cell_for_a_local_cloud_only_is_left_out(tmp_path):
    path = notebook(tmp_path, OPEN, QUEUE, local_only="sqs.delete_queue(QueueUrl=url)")
    assert ("sqs", "DeleteQueue") not in counts(notebook_calls.record(path).rows("small"), NOTEBOOK)


def test_a_notebook_that_opens_a_cloud_on_a_local_cloud_only_is_not_run(tmp_path):
    path = notebook(tmp_path, "from patternlab import open_cloud", "1 / 0", local_only=OPEN)
    assert not notebook_calls.opens_cloud(path)
    assert list(notebook_calls.record(path).rows("small")) == [
        Row("small", "cloud", "seconds", 0, CLOUD)
    ]
    by_name = OPEN.replace("open_cloud()", "open_cloud(seed=3, backend='local')")
    assert not notebook_calls.opens_cloud(notebook(tmp_path, by_name))
    assert notebook_calls.opens_cloud(notebook(tmp_path, OPEN))
    assert notebook_calls.opens_cloud(
        notebook(tmp_path, "import patternlab\npatternlab.open_cloud()")
    )


API = """
api = cloud.client('apigateway')
def work(event, context):
    return {'statusCode': 200, 'body': 'hello'}
arn = cloud.deploy_function('work', work)
uri = f'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations'
made = api.create_rest_api(name='small')['id']
[root] = api.get_resources(restApiId=made)['items']
at = {'restApiId': made, 'resourceId': root['id'], 'httpMethod': 'GET'}
api.put_method(**at, authorizationType='AWS_IAM')
api.put_integration(**at, type='AWS_PROXY', integrationHttpMethod='POST', uri=uri)
source = f'arn:aws:execute-api:us-east-1:{arn.split(":")[4]}:{made}/*'
cloud.client('lambda').add_permission(
    FunctionName='work', StatementId='a', Action='lambda:InvokeFunction',
    Principal='apigateway.amazonaws.com', SourceArn=source)
deployed = api.create_deployment(restApiId=made)['id']
def stage(name, size):
    api.create_stage(
        restApiId=made, stageName=name, deploymentId=deployed,
        cacheClusterEnabled=size is not None, **({'cacheClusterSize': size} if size else {}))
    return f'https://{made}.execute-api.us-east-1.amazonaws.com/{name}/'
"""


def test_requests_to_an_api_are_counted_and_the_signed_ones_need_permissions(tmp_path):
    ask = """
url = stage('prod', '0.5')
cloud.wait(minutes=4)
assert cloud.get(url).status == 403
assert cloud.get(url, signed=True).status == 200
assert cloud.request('GET', url, {'Cache-Control': 'max-age=0'}, signed=True).status == 200
"""
    rows = list(notebook_calls.record(notebook(tmp_path, OPEN, API, ask)).rows("small"))
    assert counts(rows, CLOUD)["apigateway", "request-rest"] == 3
    asked = counts(rows, NOTEBOOK)
    assert asked["execute-api", "Invoke"] == 2
    assert asked["execute-api", "InvalidateCache"] == 1
    document = documents.learner(rows)
    [one] = [one for one in document["Statement"] if one["Sid"] == "SignedRequests"]
    assert one["Action"] == ["execute-api:InvalidateCache", "execute-api:Invoke"]


def test_caches_of_stages_are_counted_by_size_and_at_most_at_the_same_time(tmp_path):
    make = """
stage('a', '0.5'), stage('b', '0.5'), stage('c', '6.1'), stage('d', None)
api.delete_stage(restApiId=made, stageName='a')
off = {'op': 'replace', 'path': '/cacheClusterEnabled', 'value': 'false'}
api.update_stage(restApiId=made, stageName='b', patchOperations=[off])
stage('e', '0.5')
"""
    found = notebook_calls.record(notebook(tmp_path, OPEN, API, make)).quantities
    assert {key: amount for key, amount in found.items() if key[0] == "apigateway"} == {
        ("apigateway", "cache-0.5GB"): 2,
        ("apigateway", "cache-6.1GB"): 1,
    }


def test_instances_are_counted_until_their_timers_end_them_and_without_one_until_the_end(tmp_path):
    launch = """
from datetime import timedelta
ec2 = cloud.client('ec2')
image = {'ImageId': 'ami-12c6146b', 'MinCount': 2, 'MaxCount': 2}
timed = ec2.run_instances(InstanceType='c5n.9xlarge', **image)['Instances']
for each in timed:
    cloud.set_timer(each['InstanceId'], cloud.now() + timedelta(minutes=45))
ec2.terminate_instances(InstanceIds=[each['InstanceId'] for each in timed])
ec2.run_instances(InstanceType='m5.large', **image)
cloud.wait(seconds=90)
"""
    found = notebook_calls.record(notebook(tmp_path, OPEN, launch)).quantities
    assert {key: amount for key, amount in found.items() if key[0] == "ec2"} == {
        ("ec2", "c5n.9xlarge-seconds"): 2 * (45 + SLACK) * 60,
        ("ec2", "m5.large-seconds"): 2 * 90,
    }


def test_a_cell_that_fails_leaves_no_cloud_open(tmp_path):
    with pytest.raises(ZeroDivisionError):
        notebook_calls.record(notebook(tmp_path, OPEN, "1 / 0"))
    open_cloud().close()


def test_log_lines_are_those_that_cloudwatch_logs_gives():
    def handler(event, context):
        print("here")

    with open_cloud() as cloud:
        cloud.deploy_function("work", handler)
        cloud.client("lambda").invoke(FunctionName="work", Payload=b"{}")
        events = cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/work")["events"]
        assert cloud._backend.log_lines() == [event["message"] for event in events]
        assert "here\n" in cloud._backend.log_lines()


@pytest.mark.parametrize("table", [documents.COURSE, documents.INSTRUCTOR])
def test_the_courses_own_calls_are_operations_that_aws_has(table):
    loader = Loader()
    for services in table.values():
        for service, operations in services.items():
            model = ServiceModel(loader.load_service_model(service, "service-2"), service)
            assert set(operations.split()) <= set(model.operation_names)


def test_deploying_a_function_asks_for_nothing_that_the_table_does_not_name(tmp_path):
    deploy = "def work(event, context): pass\nfor _ in range(2): cloud.deploy_function('w', work)"
    named = {
        (service, operation)
        for service, operations in documents.COURSE["deploy a function"].items()
        for operation in operations.split()
    }
    asked = counts(notebook_calls.record(notebook(tmp_path, OPEN, deploy)).rows("small"), NOTEBOOK)
    assert asked and set(asked) <= named
